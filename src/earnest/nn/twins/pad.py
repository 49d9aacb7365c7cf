"""Pad (E23)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator
from earnest.integer.law.pad import Pad as PadLaw
from earnest.nn.edge import Edge
from earnest.nn.layout import Layout


@final
class Pad(Layout):
    """The code of real 0 around each axis."""

    law_class = PadLaw

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, before: tuple[int, ...], after: tuple[int, ...]
    ) -> None:
        super().__init__(operands, output)
        self.before, self.after = before, after

    def build(self) -> Operator:
        """The law's pad."""
        return PadLaw(before=self.before, after=self.after, zero_point=self.output.grid.zero_point)

    def run(self, carriers: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """Pads the carrier with the zero point."""
        del symbols
        return functional.pad(carriers[0], self._amounts(), value=float(self.output.grid.zero_point))

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """Pads real values with 0."""
        del symbols
        return functional.pad(x, self._amounts())

    def _amounts(self) -> list[int]:
        pairs = zip(reversed(self.before), reversed(self.after), strict=True)
        return [amount for pair in pairs for amount in pair]
