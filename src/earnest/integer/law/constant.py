"""Constant: codes that depend on no data, as a value (E24)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator, Proof, constant

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Constant(Operator):
    """Codes that depend on no data: a table of positions, a bias of attention."""

    kind: ClassVar[str] = "constant"
    arity: ClassVar[int | None] = 0

    codes: Array = constant("bits", signed=True, tensor=True, role="positions")
    bits: int

    @cached_property
    def interval(self) -> tuple[int, int]:
        """The lowest and the highest code."""
        return int(self.codes.min()), int(self.codes.max())

    def check(self, proof: Proof) -> None:
        """A width of the law."""
        proof.require(1 <= self.bits <= 16, f"expected codes of 1 to 16 bits, got {self.bits}")

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """The interval is that of the codes themselves."""
        del inputs, proof
        low, high = self.interval
        return Domain(bits=self.bits, signed=True, shape=self.codes.shape, low=low, high=high)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E24."""
        del inputs, symbols, accumulation
        return self.codes
