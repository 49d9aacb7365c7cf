"""Slice: part of one axis (E23)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import TOKENS, Dimension, Symbols, evaluate
from earnest.integer.law.operator import Operator, Proof, dimension_field
from earnest.integer.law.places import Place, Reading, Rows

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Slice(Operator):
    """Elements start, start + step, ... below stop, of one axis."""

    kind: ClassVar[str] = "slice"

    axis: int
    start: Dimension = dimension_field()
    stop: Dimension = dimension_field()
    step: int

    def extents(self) -> tuple[Dimension, ...]:
        """How far the part reaches; of a stop that is written as the start plus something, that."""
        if isinstance(self.stop, tuple) and self.stop[:2] == ("+", self.start) and len(self.stop) > 2:
            return (("+", 0, *self.stop[2:]),)
        return (("+", self.stop, ("*", -1, self.start)),)

    def place(self, reading: Reading) -> Place:
        """Part of another axis; or of a table of positions, as many as there are tokens."""
        (place,), axis = reading.places, self.axis - len(reading.shapes[0])
        from_the_front = place is None and self.start == 0 and self.step == 1
        if from_the_front and self.stop in (TOKENS, ("+", 0, TOKENS)):
            return Rows(axis=axis)
        if not isinstance(place, Rows) or axis == place.axis or self.depends_on(TOKENS):
            raise reading.refuse("takes part of the tokens")
        return place

    def check(self, proof: Proof) -> None:
        """Both ends are dimensions, as in `reshape`."""
        for dimension in (self.start, self.stop):
            evaluate(dimension, proof.symbols)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """0 <= start < stop <= extent."""
        (x,) = inputs
        if not 0 <= self.axis < len(x.shape):
            proof.refuse(f"expected an axis below {len(x.shape)}, got {self.axis}")
        start, stop = proof.extent(self.start), proof.extent(self.stop)
        extent = x.shape[self.axis]
        if not 0 <= start < stop <= extent or self.step < 1:
            proof.refuse(f"expected 0 <= start < stop <= {extent}, got {start}, {stop} by {self.step}")
        count = (stop - start - 1) // self.step + 1
        return x.reshaped((*x.shape[: self.axis], count, *x.shape[self.axis + 1 :]))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del accumulation
        window = slice(evaluate(self.start, symbols), evaluate(self.stop, symbols), self.step)
        return inputs[0][(*(slice(None),) * self.axis, window)]
