"""Functions of one code of up to 8 bits: a table of every code (E15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import widen
from earnest.integer.law.locality import CodeByCode
from earnest.integer.law.look_up import check_entries, check_operand, look_up
from earnest.integer.law.operator import Proof, constant

Array = Any


@final
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
