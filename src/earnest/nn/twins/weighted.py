"""Weighted sums (E10, E11): weights of 1 to 8 bits, a scale per output channel, a multiplier per group of its row, a
folded int32 bias.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor, nn

from earnest.integer.law.weight import grouped_product
from earnest.nn.edge import Edge
from earnest.nn.weight import WeightCodes, numpy_of
from earnest.numerics.grid import Grid
from earnest.numerics.multiplier import multipliers
from earnest.numerics.weight import folded_bias, live_scales


class Weighted(WeightCodes):
    """What linear, convolution and recurrence share: weight codes and a bias."""

    groups: int = 1

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, bias: nn.Parameter | None = None, **weight: Any
    ) -> None:
        super().__init__(operands, output, **weight)
        self.bias = bias

    def trainable(self) -> tuple[Tensor, ...]:
        """Weight, and bias where there is one."""
        return (self.weight,) if self.bias is None else (self.weight, self.bias)

    @property
    def group(self) -> str:
        """Depthwise ones, and others by the last name of their path."""
        return "depthwise" if self.depthwise and self.group_name is None else super().group

    @property
    def depthwise(self) -> bool:
        """True where every output channel reads one input channel of its own."""
        return self.groups == len(self.weight) > 1

    def effective_scale(self) -> Float64[Tensor, " out"]:
        """Scale of each output channel, raised where a channel is nearly dead."""
        bias = np.zeros(len(self.weight)) if self.bias is None else numpy_of(self.bias)
        scale = live_scales(self.weight_scale.cpu().numpy(), bias, self.multiplied.grid, self.summed.scale)
        return torch.from_numpy(scale).to(self.weight.device)

    @property
    def multiplied(self) -> Edge:
        """What the weights multiply."""
        return self.operands[0]

    @property
    def summed(self) -> Grid:
        """The grid to which the sums are brought."""
        return self.output.grid

    def sums(self) -> dict[str, Any]:
        """The fields of the law that say what is summed, and how that is brought to another grid."""
        grid, coded = self.multiplied.grid, self.coded()
        scale = self.effective_scale().cpu().numpy()
        bias = np.zeros(len(scale)) if self.bias is None else numpy_of(self.bias)
        multiplier, shift = multipliers(grid.scale * scale / self.summed.scale)
        factors = grouped_product(coded["weight"], coded["group_multiplier"], self.weight_group)
        return {
            **coded,
            "bias": folded_bias(factors, bias, scale, grid),
            "multiplier": multiplier,
            "shift": shift,
        }

    def common(self) -> dict[str, Any]:
        """The fields of the law that linear and convolution share."""
        grid, output = self.multiplied.grid, self.output.grid
        return {
            **self.sums(),
            "input_bits": grid.bits,
            "input_signed": grid.signed,
            "zero_point": output.zero_point,
            "bits": output.bits,
            "signed": output.signed,
        }
