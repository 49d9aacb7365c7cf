"""Functions of one 16-bit code: a table with interpolation (E16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import clamp, shift_round, widen
from earnest.integer.law.locality import CodeByCode
from earnest.integer.law.look_up import look_up
from earnest.integer.law.operator import Proof, check_output, constant

Array = Any


KNOTS = 513

SPACING_BITS = 7

FRACTION_BITS = 8


def check_knots(table: Array, what: str, proof: Proof) -> None:
    """All knots, and the products of the largest of them."""
    proof.require(table.shape == (KNOTS,), f"expected {KNOTS} {what}, got {table.shape}")
    largest = max(abs(int(table.min())), abs(int(table.max())))
    proof.wide((largest << SPACING_BITS) * 3 + (1 << (SPACING_BITS + FRACTION_BITS)))


def interpolate(table: Array, codes: Array, bits: int) -> Array:
    """E16 of codes of 16 signed bits, to so many signed bits."""
    position = widen(codes) + (1 << 15)
    index, fraction = position >> SPACING_BITS, position & ((1 << SPACING_BITS) - 1)
    left = widen(look_up(table, index))
    right = widen(look_up(table, index + 1))
    value = (left << SPACING_BITS) + (right - left) * fraction
    low, high = code_range(bits, signed=True)
    return clamp(shift_round(value, SPACING_BITS + FRACTION_BITS), low, high)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class InterpolatedTable(CodeByCode):
    """E16: u = x + 2^15, i = u >> 7, f = u & 127; y = clamp(shift_round(128 t[i] + (t[i + 1] - t[i]) f, 15)).

    The 513 entries hold the result with 8 more bits of fraction, so that the only rounding is the last.
    """

    kind: ClassVar[str] = "interpolated_table"

    table: Array = constant(32, role="tables")
    bits: int

    def check(self, proof: Proof) -> None:
        """All knots, the products of the largest of them, and a result of the law."""
        check_knots(self.table, "entries", proof)
        check_output(self.bits, signed=True, zero_point=0, proof=proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """The input has 16 signed bits."""
        (x,) = inputs
        if x.bits != 16 or not x.signed:
            proof.refuse(f"expected an input of 16 signed bits, got {x.bits}, {x.signed}")
        return Domain.full(self.bits, signed=True, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E16."""
        del symbols, accumulation
        return interpolate(self.table, inputs[0], self.bits)
