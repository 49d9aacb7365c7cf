"""Functions of one code: a table of every code (E15), or for 16-bit codes a table with interpolation (E16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import clamp, shift_round, widen
from earnest.integer.locality import CodeByCode
from earnest.integer.operator import Proof, check_output, constant

Array = Any

KNOTS = 513
SPACING_BITS = 7
FRACTION_BITS = 8


def look_up(table: Array, index: Array) -> Array:
    """table[index], element by element."""
    xp = array_namespace(index)
    return xp.reshape(xp.take(table, xp.reshape(index, (-1,)), axis=0), index.shape)


def check_entries(table: Array, input_bits: int, what: str, proof: Proof) -> None:
    """One entry for each code of an operand of 1 to 8 bits."""
    proof.require(1 <= input_bits <= 8, f"expected an input of 1 to 8 bits, got {input_bits}")
    proof.require(table.shape == (1 << input_bits,), f"expected {1 << input_bits} {what}, got {table.shape}")


def check_operand(x: Domain, bits: int, signed: bool, proof: Proof) -> None:
    """The operand has the codes that the table is made for."""
    if x.bits != bits or x.signed != signed:
        proof.refuse(f"expected an input of {bits} bits, signed {signed}, got {x.bits}, {x.signed}")


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Table(CodeByCode):
    """E15: y = table[x - lowest code]; one entry for each of the 2^b codes, b at most 8."""

    kind: ClassVar[str] = "table"

    table: Array = constant("bits", signed=True, role="tables")
    input_bits: int
    input_signed: bool
    bits: int

    def check(self, proof: Proof) -> None:
        """An entry for each code."""
        check_entries(self.table, self.input_bits, "entries", proof)
        proof.require(1 <= self.bits <= 16, f"expected entries of 1 to 16 bits, got {self.bits}")

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Every entry of the width may be reached."""
        (x,) = inputs
        check_operand(x, self.input_bits, self.input_signed, proof)
        return Domain.full(self.bits, signed=True, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E15."""
        del symbols, accumulation
        (x,) = inputs
        low, _ = code_range(self.input_bits, signed=self.input_signed)
        return widen(look_up(self.table, widen(x) - low))


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
