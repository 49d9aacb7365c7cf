"""Relative shift (E22)."""

from typing import final

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator
from earnest.integer.law.relative_shift import RelativeShift as RelativeShiftLaw
from earnest.integer.law.relative_shift import relative_shift
from earnest.nn.layout import Layout


@final
class RelativeShift(Layout):
    """E22."""

    law_class = RelativeShiftLaw

    def build(self) -> Operator:
        """The law's relative shift."""
        return RelativeShiftLaw()

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """The same function as the law's."""
        del symbols
        return relative_shift(x)
