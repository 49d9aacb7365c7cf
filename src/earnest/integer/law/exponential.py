"""Softmax of 8 bits: numerators over the last axis (E19).

The division that they leave out is done after the product with the values, by `weighted_mean` (E20).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import widen
from earnest.integer.law.look_up import check_entries, look_up
from earnest.integer.law.operator import Proof, constant
from earnest.integer.law.over_keys import OverKeys, below_maximum, check_scores, erase

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Exponential(OverKeys):
    """E19: e = table[max - x], 0 .. 255, the row's maximum giving 255; a masked key gives 0."""

    kind: ClassVar[str] = "exponential"
    bits: ClassVar[int] = 8
    signed: ClassVar[bool] = False

    table: Array = constant(8, signed=False, role="tables")
    input_bits: int
    masked: bool

    def check(self, proof: Proof) -> None:
        """An entry for each code, the first of them 255."""
        check_entries(self.table, self.input_bits, "entries", proof)
        proof.require(int(self.table[0]) == 255, "expected a table that starts at 255")

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """8 unsigned bits."""
        (x,) = inputs
        check_scores(x, self.input_bits, self.masked, proof)
        return Domain.full(8, signed=False, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E19."""
        del symbols, accumulation
        (x,) = inputs
        distance, seen = below_maximum(x, self.masked)
        return erase(widen(look_up(self.table, distance)), seen)
