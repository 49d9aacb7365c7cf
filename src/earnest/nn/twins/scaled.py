"""Multiplication by a constant, which costs nothing: the grid notices, no code does."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator
from earnest.nn.edge import Edge
from earnest.nn.layout import Layout


class ScaledGradient(torch.autograd.Function):
    """The identity on codes; the real value, and so its gradient, is scaled."""

    @staticmethod
    def forward(ctx: Any, carrier: Tensor, factor: float) -> Tensor:
        """The codes as they are."""
        ctx.factor = factor
        return carrier.view_as(carrier)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """d real_out / d real_in is the factor."""
        return gradients[0] * ctx.factor, None


@final
class Scaled(Layout):
    """Multiplication by a positive constant: the codes stay, the edge means more. No operator of the program."""

    kind = "scaled"

    def __init__(self, operands: Sequence[Edge], output: Edge, *, factor: float) -> None:
        super().__init__(operands, output)
        self.factor = factor

    def build(self) -> Operator:
        """Never asked for: lowering gives the operand's value another name."""
        raise NotImplementedError("a scaling has no operator; lowering removes it")

    def run(self, carriers: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """The codes as they are."""
        del symbols
        return ScaledGradient.apply(carriers[0], self.factor)

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """Real values times the factor."""
        del symbols
        return x * self.factor

    def extra_repr(self) -> str:
        """The factor."""
        return f"x {self.factor:g}"
