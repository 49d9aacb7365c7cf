"""Linear (E10)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.linear import Linear as LinearLaw
from earnest.integer.law.operator import Operator
from earnest.nn.twins.weighted import Weighted


@final
class Linear(Weighted):
    """E10; `weight` is [out, in]."""

    law_class = LinearLaw

    def build(self) -> Operator:
        """The law's linear."""
        return LinearLaw(**self.common())

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's linear."""
        del symbols
        return functional.linear(inputs[0], *parameters)
