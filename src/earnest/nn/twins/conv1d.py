"""Convolution over time (E11)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.conv1d import Convolution1d as Convolution1dLaw
from earnest.nn.twins.convolution import Convolution


@final
class Convolution1d(Convolution):
    """E11 over time."""

    law_class = Convolution1dLaw

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's conv1d."""
        del symbols
        weight, bias = (*parameters, None)[:2]
        settings = (self.strides, self.padding, self.dilations, self.groups)
        return functional.conv1d(inputs[0], weight, bias, *settings)  # type: ignore[arg-type]
