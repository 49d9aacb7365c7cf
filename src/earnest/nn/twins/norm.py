"""What the norms share: a gain for each channel, and a bias or none (E21, E25, E28)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from earnest.nn.edge import Edge
from earnest.nn.twin import Twin
from earnest.numerics.norm import norm_constants


class Norm(Twin):
    """A norm of one value."""

    reads = "residual"
    group_name = "norms"

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, weight: nn.Parameter, bias: nn.Parameter | None, epsilon: float
    ) -> None:
        super().__init__(operands, output)
        self.weight, self.bias, self.epsilon = weight, bias, epsilon

    def trainable(self) -> tuple[Tensor, ...]:
        """Gain, and bias where there is one."""
        return (self.weight,) if self.bias is None else (self.weight, self.bias)

    def common(self) -> dict[str, Any]:
        """The fields of the law that all have."""
        output = self.output.grid
        gain = self.weight.detach().cpu().double().numpy()
        bias = np.zeros_like(gain) if self.bias is None else self.bias.detach().cpu().double().numpy()
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
