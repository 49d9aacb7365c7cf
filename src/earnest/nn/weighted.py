"""Linear and convolution: weights of 1 to 8 bits, a scale per output channel, a multiplier per group of its row, a
folded int32 bias (E10, E11).
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earnest.integer.convolution import Convolution1d as Convolution1dLaw
from earnest.integer.convolution import Convolution2d as Convolution2dLaw
from earnest.integer.dimension import Symbols
from earnest.integer.linear import Linear as LinearLaw
from earnest.integer.operator import Operator
from earnest.integer.weight import grouped_product
from earnest.nn.edge import Edge
from earnest.nn.twin import Twin
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

    def effective_scale(self) -> Tensor:
        """Scale of each output channel, float64, raised where a channel is nearly dead."""
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


class Convolution(Weighted):
    """E11; `weight` is [out, in / groups, *taps]."""

    law_class: ClassVar[type[Convolution1dLaw] | type[Convolution2dLaw]]

    def __init__(
        self,
        operands: Sequence[Edge],
        output: Edge,
        *,
        strides: tuple[int, ...],
        padding: tuple[int, ...],
        dilations: tuple[int, ...],
        groups: int,
        **weighted: Any,
    ) -> None:
        super().__init__(operands, output, **weighted)
        self.strides, self.padding, self.dilations, self.groups = strides, padding, dilations, groups

    def build(self) -> Operator:
        """The law's convolution."""
        return self.law_class(
            strides=self.strides,
            padding=self.padding,
            dilations=self.dilations,
            groups=self.groups,
            input_zero_point=self.operands[0].grid.zero_point,
            **self.common(),
        )

    def extra_repr(self) -> str:
        """Sizes, taps and widths."""
        out, depth, *taps = self.weight.shape
        size = f"{depth * self.groups} -> {out}, taps {tuple(taps)}, strides {self.strides}, groups {self.groups}"
        return f"{size}, {self.width()}, {Twin.extra_repr(self)}"


class Convolution1d(Convolution):
    """E11 over time."""

    law_class = Convolution1dLaw

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's conv1d."""
        del symbols
        weight, bias = (*parameters, None)[:2]
        settings = (self.strides, self.padding, self.dilations, self.groups)
        return functional.conv1d(inputs[0], weight, bias, *settings)  # type: ignore[arg-type]


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
