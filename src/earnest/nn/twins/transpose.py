"""Transpose (E23)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator
from earnest.integer.law.transpose import Transpose as TransposeLaw
from earnest.nn.edge import Edge
from earnest.nn.layout import Layout


@final
class Transpose(Layout):
    """Axes in another order."""

    law_class = TransposeLaw

    def __init__(self, operands: Sequence[Edge], output: Edge, *, order: tuple[int, ...]) -> None:
        super().__init__(operands, output)
        self.order = order

    def build(self) -> Operator:
        """The law's transpose."""
        return TransposeLaw(order=self.order)

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """torch's permute."""
        del symbols
        return x.permute(self.order)
