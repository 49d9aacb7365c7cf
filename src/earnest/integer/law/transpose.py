"""Transpose: axes in another order (E23)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator, Proof
from earnest.integer.law.places import Place, Reading, Rows

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Transpose(Operator):
    """Axes in another order."""

    kind: ClassVar[str] = "transpose"

    row_local: ClassVar[bool] = True

    order: tuple[int, ...]

    def place(self, reading: Reading) -> Place:
        """The tokens' axis in its new place; scores keep the last two."""
        place, rank = reading.common(), len(self.order)
        if isinstance(place, Rows):
            return Rows(axis=self.order.index(place.axis + rank) - rank)
        if self.order[-2:] != (rank - 2, rank - 1):
            raise reading.refuse("turns scores")
        return place

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """`order` is a permutation of the axes."""
        (x,) = inputs
        if sorted(self.order) != list(range(len(x.shape))):
            proof.refuse(f"expected an order of {len(x.shape)} axes, got {self.order}")
        return x.reshaped(tuple([x.shape[axis] for axis in self.order]))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del symbols, accumulation
        return array_namespace(inputs[0]).permute_dims(inputs[0], self.order)
