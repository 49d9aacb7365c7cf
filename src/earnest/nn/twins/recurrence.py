"""Recurrences over time: LSTM and GRU behind the linear that makes their arguments (E29, E30)."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator
from earnest.integer.law.recurrence import Recurrence as RecurrenceLaw
from earnest.nn.edge import Edge, FixedEdge
from earnest.nn.twin import requantization
from earnest.nn.twins.weighted import Weighted
from earnest.numerics.grid import Grid
from earnest.numerics.recurrence import ARGUMENT, gate_tables


def arguments() -> FixedEdge:
    """The edge that a recurrence reads."""
    return FixedEdge(bits=ARGUMENT.bits, signed=ARGUMENT.signed, scale=ARGUMENT.scale)


class Recurrence(Weighted):
    """`weight` is [gates * units, units], and multiplies the hidden states, which are the result."""

    law_class: ClassVar[type[RecurrenceLaw]]
    reads = "argument"
    hidden: ClassVar[float]
    """The real value of 1 of what the law requantizes to a hidden state."""

    def __init__(self, operands: Sequence[Edge], output: Edge, *, reverse: bool, **weighted: Any) -> None:
        super().__init__(operands, output, **weighted)
        self.reverse = reverse

    @classmethod
    def operand_edge(cls) -> Edge:
        """That of the arguments."""
        return arguments()

    @property
    def multiplied(self) -> Edge:
        """The hidden states."""
        return self.output

    @property
    def summed(self) -> Grid:
        """The arguments of the gates."""
        return ARGUMENT

    def build(self) -> Operator:
        """The law's recurrence."""
        sigmoid, tanh = gate_tables()
        output = requantization(self.hidden / self.output.grid.scale, self.output.grid)
        return self.law_class(
            **self.sums(),
            sigmoid=sigmoid,
            tanh=tanh,
            output_multiplier=output.pop("multiplier"),
            output_shift=output.pop("shift"),
            reverse=self.reverse,
            **output,
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's recurrence from a state of 0, whose weights of the input are the identity."""
        del symbols
        (x,) = inputs
        weight, bias = (*parameters, None)[:2]
        assert weight is not None
        identity = torch.eye(len(weight), dtype=weight.dtype, device=weight.device)
        biases = [] if bias is None else [torch.zeros_like(bias), bias]
        sequence = x.to(weight.dtype).flip(1) if self.reverse else x.to(weight.dtype)
        zeros = sequence.new_zeros(1, len(sequence), weight.shape[1])
        made = self.torch(sequence, zeros, [identity, weight, *biases], has_biases=bias is not None)
        return made.flip(1) if self.reverse else made

    @abstractmethod
    def torch(
        self,
        x: Float[Tensor, "batch time arguments"],
        zeros: Float[Tensor, "1 batch units"],
        parameters: list[Tensor],
        *,
        has_biases: bool,
    ) -> Float[Tensor, "batch time units"]:
        """torch's own, one layer."""

    def before(self, hidden: Float[Tensor, "batch time units"]) -> Float[Tensor, "batch time units"]:
        """What the weights multiply where the hidden states are those: each one step late, 0 for the first."""
        late = torch.roll(hidden, -1 if self.reverse else 1, dims=1)
        late[:, -1 if self.reverse else 0] = 0
        return late

    def extra_repr(self) -> str:
        """Sizes and widths, and the direction."""
        return f"{super().extra_repr()}, reverse" if self.reverse else super().extra_repr()
