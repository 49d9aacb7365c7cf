"""Concat: values of one grid behind each other (E23)."""

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
class Concat(Operator):
    """Values of one grid behind each other along an axis."""

    kind: ClassVar[str] = "concat"
    arity: ClassVar[int | None] = None
    takes_empty: ClassVar[bool] = True

    axis: int

    def place(self, reading: Reading) -> Place:
        """That of the operands, along another axis."""
        place, along = reading.common(), self.axis - len(reading.shapes[0])
        if not isinstance(place, Rows) or None in reading.places or along == place.axis:
            raise reading.refuse("puts codes before or behind the tokens")
        return place

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Equal widths, and equal extents on the other axes."""
        first = inputs[0]
        if not 0 <= self.axis < len(first.shape):
            proof.refuse(f"expected an axis below {len(first.shape)}, got {self.axis}")
        for other in inputs[1:]:
            alike = (other.bits, other.signed, _without(other.shape, self.axis)) == (
                first.bits,
                first.signed,
                _without(first.shape, self.axis),
            )
            if not alike:
                proof.refuse(f"expected values alike but for axis {self.axis}, got {first} and {other}")
        total = sum(domain.shape[self.axis] for domain in inputs)
        shape = (*first.shape[: self.axis], total, *first.shape[self.axis + 1 :])
        if min(shape) < 1:
            proof.refuse(f"expected something to put behind each other, got a value of shape {shape}")
        low, high = min(d.low for d in inputs), max(d.high for d in inputs)
        return Domain(bits=first.bits, signed=first.signed, shape=shape, low=low, high=high)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del symbols, accumulation
        return array_namespace(*inputs).concat(list(inputs), axis=self.axis)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]
