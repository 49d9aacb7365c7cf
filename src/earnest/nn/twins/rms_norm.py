"""RMS norm (E28)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor, nn
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.rms_norm import RmsNorm as RmsNormLaw
from earnest.nn.edge import Edge
from earnest.nn.twins.norm import Norm
from earnest.numerics.norm import norm_epsilon, smallest_norm_scale


@final
class RmsNorm(Norm):
    """E28 over the last axis."""

    law_class = RmsNormLaw

    def __init__(self, operands: Sequence[Edge], output: Edge, *, weight: nn.Parameter, epsilon: float) -> None:
        super().__init__(operands, output, weight=weight, bias=None, epsilon=epsilon)
        operands[0].require_scale_(smallest_norm_scale(self.epsilon, len(self.weight)))

    def build(self) -> RmsNormLaw:
        """The law's RMS norm."""
        grid = self.operands[0].grid
        epsilon = norm_epsilon(self.epsilon, len(self.weight), grid.scale)
        return RmsNormLaw(epsilon=epsilon, input_zero_point=grid.zero_point, **self.common())

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's RMS norm."""
        del symbols
        (weight,) = parameters
        return functional.rms_norm(inputs[0], weight.shape, weight, self.epsilon)

    def extra_repr(self) -> str:
        """Size and widths."""
        return f"{self.weight.shape[0]}, {super().extra_repr()}"
