"""Concat (E23)."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.concat import Concat as ConcatLaw
from earnest.integer.law.operator import Operator
from earnest.nn.edge import Edge
from earnest.nn.layout import Layout


@final
class Concat(Layout):
    """Values of one grid behind each other."""

    law_class = ConcatLaw

    def __init__(self, operands: Sequence[Edge], output: Edge, *, axis: int) -> None:
        super().__init__(operands, output)
        self.axis = axis

    def build(self) -> Operator:
        """The law's concat."""
        return ConcatLaw(axis=self.axis)

    def run(self, carriers: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's cat."""
        del symbols
        return torch.cat(list(carriers), dim=self.axis)

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's cat."""
        del parameters, symbols
        return torch.cat(list(inputs), dim=self.axis)
