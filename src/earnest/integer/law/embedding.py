"""Embedding: y[..., k] = requantize(w[x[...], k]; m[x[...]], s[x[...]], z) (E26): the row of a token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import requantize, widen
from earnest.integer.law.locality import CodeByCode
from earnest.integer.law.operator import Proof, check_multiplier, check_output, constant
from earnest.integer.law.places import Place, Reading, Rows
from earnest.integer.law.weight import WeightCodes

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Embedding(CodeByCode, WeightCodes):
    """E26: `weight` is [tokens, width], with one multiplier for each token. The operand's codes are indices of rows."""

    kind: ClassVar[str] = "embedding"
    row_local: ClassVar[bool] = False

    multiplier: Array = constant(16, signed=False, role="multipliers_and_shifts")
    shift: Array = constant(8, signed=False, role="multipliers_and_shifts")
    zero_point: int
    bits: int
    signed: bool

    def place(self, reading: Reading) -> Place:
        """A row for each token, of whatever has one code for each."""
        place = super().place(reading)
        if not isinstance(place, Rows):
            raise reading.refuse("reads scores")
        return Rows(axis=place.axis - 1)

    def check(self, proof: Proof) -> None:
        """A weight of two axes, a multiplier for each row, a result of the law."""
        proof.require(self.weight.ndim == 2, f"expected a weight of 2 axes, got {self.weight.shape}")
        self.check_codes(proof)
        check_multiplier(self.multiplier, self.shift, proof, channels=self.weight.shape[0])
        check_output(self.bits, self.signed, self.zero_point, proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Shape [...] to [..., width]; every code that the operand may have is a row."""
        (x,) = inputs
        rows, width = self.weight.shape
        if x.low < 0 or x.high >= rows:
            proof.refuse(f"expected tokens in 0 .. {rows - 1}, got {x.low} .. {x.high}")
        return Domain.full(self.bits, signed=self.signed, shape=(*x.shape, width))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E26."""
        del symbols, accumulation
        tokens = widen(inputs[0])
        rows = widen(self.factors[tokens])
        multiplier, shift = (widen(array[tokens])[..., None] for array in (self.multiplier, self.shift))
        low, high = code_range(self.bits, signed=self.signed)
        return requantize(rows, multiplier, shift, self.zero_point, low, high)
