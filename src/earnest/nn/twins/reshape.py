"""Reshape (E23)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from earnest.integer.dimension import Dimension, Symbols, evaluate
from earnest.integer.law.operator import Operator
from earnest.integer.law.reshape import Reshape as ReshapeLaw
from earnest.nn.edge import Edge
from earnest.nn.layout import Layout


@final
class Reshape(Layout):
    """Another shape; its dimensions may depend on `batch` and `time`."""

    law_class = ReshapeLaw

    def __init__(self, operands: Sequence[Edge], output: Edge, *, shape: tuple[Dimension, ...]) -> None:
        super().__init__(operands, output)
        self.shape = shape

    def build(self) -> Operator:
        """The law's reshape."""
        return ReshapeLaw(shape=self.shape)

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """torch's reshape."""
        return x.reshape([evaluate(dimension, symbols) for dimension in self.shape])
