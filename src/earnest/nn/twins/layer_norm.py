"""Layer norm (E21)."""

from collections.abc import Sequence
from typing import Any, final

from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.layer_norm import LayerNorm as LayerNormLaw
from earnest.nn.edge import Edge
from earnest.nn.twins.norm import Norm
from earnest.numerics.norm import norm_epsilon, smallest_norm_scale


@final
class LayerNorm(Norm):
    """E21 over the last axis."""

    law_class = LayerNormLaw

    def __init__(self, operands: Sequence[Edge], output: Edge, **norm: Any) -> None:
        super().__init__(operands, output, **norm)
        operands[0].require_scale_(smallest_norm_scale(self.epsilon, len(self.weight)))

    def build(self) -> LayerNormLaw:
        """The law's layer norm."""
        epsilon = norm_epsilon(self.epsilon, len(self.weight), self.operands[0].grid.scale)
        return LayerNormLaw(epsilon=epsilon, **self.common())

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's layer norm."""
        del symbols
        weight, bias = parameters
        return functional.layer_norm(inputs[0], weight.shape, weight, bias, self.epsilon)

    def extra_repr(self) -> str:
        """Size and widths."""
        return f"{self.weight.shape[0]}, {super().extra_repr()}"
