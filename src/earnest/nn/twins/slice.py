"""Slice (E23)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from earnest.integer.dimension import Dimension, Symbols, evaluate
from earnest.integer.law.operator import Operator
from earnest.integer.law.slice import Slice as SliceLaw
from earnest.nn.edge import Edge
from earnest.nn.layout import Layout


@final
class Slice(Layout):
    """Part of one axis."""

    law_class = SliceLaw

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, axis: int, start: Dimension, stop: Dimension, step: int
    ) -> None:
        super().__init__(operands, output)
        self.axis, self.start, self.stop, self.step = axis, start, stop, step

    def build(self) -> Operator:
        """The law's slice."""
        return SliceLaw(axis=self.axis, start=self.start, stop=self.stop, step=self.step)

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """torch's slice."""
        window = slice(evaluate(self.start, symbols), evaluate(self.stop, symbols), self.step)
        return x[(*(slice(None),) * self.axis, window)]
