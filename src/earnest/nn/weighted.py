"""Linear and convolution: weights of 1 to 8 bits, a scale per output channel, a multiplier per group of its row, a
folded int32 bias (E10, E11).
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from earnest.integer.codes import weight_limit
from earnest.integer.convolution import Convolution1d as Convolution1dLaw
from earnest.integer.convolution import Convolution2d as Convolution2dLaw
from earnest.integer.dimension import Symbols
from earnest.integer.linear import Linear as LinearLaw
from earnest.integer.linear import grouped_product
from earnest.integer.operator import Operator
from earnest.nn.edge import Edge
from earnest.nn.twin import Twin
from earnest.numerics.multiplier import multipliers
from earnest.numerics.weight import folded_bias, live_scales, nearest_map, spread_steps, weight_codes, weight_maps


class Weighted(Twin):
    """What linear and convolution share. `weight_range` names how the scales are chosen, once, from the float
    weight; `weight_map` "either" takes the map of less squared error, and leaves methods the choice. `weight_group` is
    how many weights share a multiplier; 0, or more than a row has: the whole row, whose multiplier is 1.
    """

    weight_scale: Tensor
    group_multiplier: Tensor
    groups: int = 1

    def __init__(
        self,
        operands: Sequence[Edge],
        output: Edge,
        *,
        weight: nn.Parameter,
        bias: nn.Parameter | None,
        weight_bits: int,
        weight_map: str,
        weight_range: str,
        weight_group: int,
    ) -> None:
        super().__init__(operands, output)
        self.weight = weight
        self.bias = bias
        self.weight_bits, self.weight_maps = weight_bits, weight_maps(weight_map, weight_bits)
        self.weight_range = weight_range
        depth = weight[0].numel()
        self.weight_group = min(weight_group or depth, depth)
        self.register_buffer("weight_scale", torch.zeros(len(weight), dtype=torch.float64))
        multipliers = torch.ones((len(weight), -(-depth // self.weight_group)), dtype=torch.uint8)
        self.register_buffer("group_multiplier", multipliers)
        self.choose_levels_()

    def choose_levels_(self) -> None:
        """Map, scales and multipliers from the weight as it is."""
        self.weight_map, steps = nearest_map(
            _numpy(self.weight),
            bits=self.weight_bits,
            weight_maps=self.weight_maps,
            method=self.weight_range,
            group=self.weight_group,
        )
        self.weight_scale.copy_(torch.from_numpy(steps.scale))
        self.group_multiplier.copy_(torch.from_numpy(steps.multiplier))

    def trainable(self) -> tuple[Tensor, ...]:
        """Weight, and bias where there is one."""
        return (self.weight,) if self.bias is None else (self.weight, self.bias)

    def quantized(self) -> tuple[Tensor, ...]:
        """The weight at its codes; the gradient is 0 where a weight is beyond what rounds to the
        largest code.
        """
        step = torch.from_numpy(self.steps()).to(self.weight.device)
        codes = torch.from_numpy(self.law().weight).to(self.weight.device)  # type: ignore[attr-defined]
        half_step = 1.0 if self.weight_map == "odd" else 0.5
        limit = step * (weight_limit(self.weight_bits, self.weight_map) + half_step)
        passed = torch.where(self.weight.detach().abs() < limit, self.weight, self.weight.detach())
        value = (codes * step).to(self.weight.dtype) + (passed - passed.detach())
        return (value,) if self.bias is None else (value, self.bias)

    @property
    def depthwise(self) -> bool:
        """True where every output channel reads one input channel of its own."""
        return self.groups == len(self.weight) > 1

    def effective_scale(self) -> Tensor:
        """Scale of each output channel, float64, raised where a channel is nearly dead."""
        bias = np.zeros(len(self.weight)) if self.bias is None else _numpy(self.bias)
        grid = self.operands[0].grid
        scale = live_scales(self.weight_scale.cpu().numpy(), bias, grid, self.output.grid.scale)
        return torch.from_numpy(scale).to(self.weight.device)

    def steps(self) -> np.ndarray:
        """The real value of code 1 of each weight, float64."""
        scale, multiplier = self.effective_scale().cpu().numpy(), self.group_multiplier.cpu().numpy()
        return spread_steps(scale, multiplier, self.weight_group, self.weight.shape)

    def common(self) -> dict[str, Any]:
        """The fields of the law that linear and convolution share."""
        grid, output = self.operands[0].grid, self.output.grid
        scale, group_multiplier = self.effective_scale().cpu().numpy(), self.group_multiplier.cpu().numpy()
        steps = spread_steps(scale, group_multiplier, self.weight_group, self.weight.shape)
        codes = weight_codes(_numpy(self.weight), steps, bits=self.weight_bits, weight_map=self.weight_map)
        bias = np.zeros(len(codes)) if self.bias is None else _numpy(self.bias)
        multiplier, shift = multipliers(grid.scale * scale / output.scale)
        factors = grouped_product(codes, group_multiplier, self.weight_group)
        return {
            "weight": codes,
            "group_multiplier": group_multiplier,
            "bias": folded_bias(factors, bias, scale, grid),
            "multiplier": multiplier,
            "shift": shift,
            "weight_bits": self.weight_bits,
            "weight_map": self.weight_map,
            "weight_group": self.weight_group,
            "input_bits": grid.bits,
            "input_signed": grid.signed,
            "zero_point": output.zero_point,
            "bits": output.bits,
            "signed": output.signed,
        }

    def extra_repr(self) -> str:
        """Sizes and widths."""
        return f"{self.weight.shape[1]} -> {self.weight.shape[0]}, {self._width()}, {super().extra_repr()}"

    def _width(self) -> str:
        grouped = self.group_multiplier.shape[1] > 1
        return f"w{self.weight_bits} per {self.weight_group}" if grouped else f"w{self.weight_bits} per channel"


class Linear(Weighted):
    """E10; `weight` is [out, in]."""

    kind: ClassVar[str] = "linear"

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
        return f"{size}, {self._width()}, {Twin.extra_repr(self)}"


class Convolution1d(Convolution):
    """E11 over time."""

    kind: ClassVar[str] = "conv1d"
    law_class = Convolution1dLaw

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's conv1d."""
        del symbols
        weight, bias = (*parameters, None)[:2]
        settings = (self.strides, self.padding, self.dilations, self.groups)
        return functional.conv1d(inputs[0], weight, bias, *settings)  # type: ignore[arg-type]


class Convolution2d(Convolution):
    """E11 over time and frequency."""

    kind: ClassVar[str] = "conv2d"
    law_class = Convolution2dLaw

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's conv2d."""
        del symbols
        weight, bias = (*parameters, None)[:2]
        settings = (self.strides, self.padding, self.dilations, self.groups)
        return functional.conv2d(inputs[0], weight, bias, *settings)  # type: ignore[arg-type]


def _numpy(parameter: Tensor) -> np.ndarray:
    return parameter.detach().cpu().numpy()
