"""Layer norm (E21)."""

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.layer_norm import LayerNorm as LayerNormLaw
from earnest.nn.edge import Edge
from earnest.nn.twin import Twin
from earnest.numerics.norm import norm_constants, norm_epsilon, smallest_norm_scale


class LayerNorm(Twin):
    """E21 over the last axis."""

    kind: ClassVar[str] = "layer_norm"

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, weight: nn.Parameter, bias: nn.Parameter, epsilon: float
    ) -> None:
        super().__init__(operands, output)
        self.weight, self.bias, self.epsilon = weight, bias, epsilon
        operands[0].require_scale_(smallest_norm_scale(epsilon, len(weight)))

    def trainable(self) -> tuple[Tensor, ...]:
        """Gain and bias."""
        return (self.weight, self.bias)

    def build(self) -> LayerNormLaw:
        """The law's layer norm."""
        grid, output = self.operands[0].grid, self.output.grid
        gain, bias = (parameter.detach().cpu().double().numpy() for parameter in self.trainable())
        multiplier, shift, units = norm_constants(gain, bias, output)
        return LayerNormLaw(
            multiplier=multiplier,
            shift=shift,
            bias=units,
            epsilon=norm_epsilon(self.epsilon, len(gain), grid.scale),
            input_bits=grid.bits,
            zero_point=output.zero_point,
            bits=output.bits,
            signed=output.signed,
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's layer norm."""
        del symbols
        weight, bias = parameters
        return functional.layer_norm(inputs[0], weight.shape, weight, bias, self.epsilon)

    def extra_repr(self) -> str:
        """Size and widths."""
        return f"{self.weight.shape[0]}, {super().extra_repr()}"
