"""Convolution over time and frequency (E11)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.conv2d import Convolution2d as Convolution2dLaw
from earnest.nn.twins.convolution import Convolution


@final
class Convolution2d(Convolution):
    """E11 over time and frequency."""

    law_class = Convolution2dLaw
    group_name = "stem"

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's conv2d."""
        del symbols
        weight, bias = (*parameters, None)[:2]
        settings = (self.strides, self.padding, self.dilations, self.groups)
        return functional.conv2d(inputs[0], weight, bias, *settings)  # type: ignore[arg-type]
