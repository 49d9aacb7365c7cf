"""What layer norm and group norm share: a gain and a bias for each channel (E21, E25)."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from earnest.nn.edge import Edge
from earnest.nn.twin import Twin
from earnest.numerics.norm import norm_constants


class Norm(Twin):
    """A norm of one value."""

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, weight: nn.Parameter, bias: nn.Parameter, epsilon: float
    ) -> None:
        super().__init__(operands, output)
        self.weight, self.bias, self.epsilon = weight, bias, epsilon

    def trainable(self) -> tuple[Tensor, ...]:
        """Gain and bias."""
        return (self.weight, self.bias)

    def common(self) -> dict[str, Any]:
        """The fields of the law that both have."""
        output = self.output.grid
        gain, bias = (parameter.detach().cpu().double().numpy() for parameter in self.trainable())
        multiplier, shift, units = norm_constants(gain, bias, output)
        return {
            "multiplier": multiplier,
            "shift": shift,
            "bias": units,
            "input_bits": self.operands[0].grid.bits,
            "zero_point": output.zero_point,
            "bits": output.bits,
            "signed": output.signed,
        }
