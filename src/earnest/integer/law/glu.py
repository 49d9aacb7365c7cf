"""Gated linear unit: y = requantize((a - z_a) * gate[b - lowest code]; m, s, z), a and b the halves of x (E17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import requantize, widen
from earnest.integer.law.look_up import check_entries, check_operand, look_up
from earnest.integer.law.operator import Operator, Proof, check_multiplier, check_output, check_zero_point, constant
from earnest.integer.law.places import Place, Reading, Rows

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class GatedLinearUnit(Operator):
    """E17: the gate is a table of the sigmoid over every code of x, of `gate_bits` signed bits."""

    kind: ClassVar[str] = "glu"
    row_local: ClassVar[bool] = True

    gate: Array = constant("gate_bits", role="tables")
    gate_bits: int
    axis: int
    input_bits: int
    input_signed: bool
    input_zero_point: int
    multiplier: int
    shift: int
    zero_point: int
    bits: int
    signed: bool

    @cached_property
    def largest(self) -> int:
        """The largest |entry| of the gate."""
        return max(abs(int(self.gate.min())), abs(int(self.gate.max())))

    def place(self, reading: Reading) -> Place:
        """That of the operand, whose halves lie along another axis."""
        place = reading.common()
        if not isinstance(place, Rows) or self.axis == place.axis + len(reading.shapes[0]):
            raise reading.refuse("goes over the tokens")
        return place

    def check(self, proof: Proof) -> None:
        """An entry of the gate for each code, one multiplier, a result of the law."""
        check_entries(self.gate, self.input_bits, "gate entries", proof)
        proof.require(1 <= self.gate_bits <= 16, f"expected a gate of 1 to 16 bits, got {self.gate_bits}")
        check_multiplier(self.multiplier, self.shift, proof)
        check_output(self.bits, self.signed, self.zero_point, proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """The axis of the halves shrinks to half."""
        (x,) = inputs
        check_operand(x, self.input_bits, self.input_signed, proof)
        if not 0 <= self.axis < len(x.shape) or x.shape[self.axis] % 2 != 0:
            proof.refuse(f"expected an even extent on axis {self.axis}, got {x.shape}")
        check_zero_point(self.input_zero_point, x, proof)
        proof.accumulator(x.centred(self.input_zero_point) * self.largest)
        shape = tuple(extent // 2 if axis == self.axis else extent for axis, extent in enumerate(x.shape))
        return Domain.full(self.bits, signed=self.signed, shape=shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E17."""
        del symbols, accumulation
        (x,) = inputs
        half = x.shape[self.axis] // 2
        before = (slice(None),) * self.axis
        linear, gate = widen(x[(*before, slice(0, half))]), widen(x[(*before, slice(half, 2 * half))])
        low, _ = code_range(self.input_bits, signed=self.input_signed)
        product = (linear - self.input_zero_point) * widen(look_up(self.gate, gate - low))
        low, high = code_range(self.bits, signed=self.signed)
        return requantize(product, self.multiplier, self.shift, self.zero_point, low, high)
