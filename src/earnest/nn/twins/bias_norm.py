"""BiasNorm (E31)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from earnest.errors import NumericsError
from earnest.integer.dimension import Symbols
from earnest.integer.law.bias_norm import OFFSET_BITS
from earnest.integer.law.bias_norm import BiasNorm as BiasNormLaw
from earnest.nn.edge import Edge
from earnest.nn.twins.norm import Norm
from earnest.numerics.grid import Grid, dequantize, quantize
from earnest.numerics.norm import norm_epsilon, smallest_norm_scale

LEAST_EPSILON = 2.0**-40
"""Keeps gradients finite where there is no eps and a value is its offset throughout; the law's eps is at least 1."""


@final
class BiasNorm(Norm):
    """E31 over the last axis: `offset` is taken away in the variance alone, `weight` is the gain of each channel."""

    law_class = BiasNormLaw

    def __init__(
        self, operands: Sequence[Edge], output: Edge, *, weight: nn.Parameter, offset: nn.Parameter, epsilon: float
    ) -> None:
        super().__init__(operands, output, weight=weight, bias=None, epsilon=epsilon)
        self.offset = offset
        farthest = float(offset.detach().abs().max()) * max(len(weight) * 2.0**-30, 2.0**-22)
        operands[0].require_scale_(max(smallest_norm_scale(self.epsilon, len(weight)), farthest))

    def trainable(self) -> tuple[Tensor, ...]:
        """Gain and offset."""
        return (self.weight, self.offset)

    def quantized(self) -> tuple[Tensor, ...]:
        """The gain, and the offset at its codes; the gradient is that of the offset itself."""
        grid = self.operands[0].grid
        real = torch.from_numpy(dequantize(self.law().offset, grid)).to(self.offset)  # type: ignore[attr-defined]
        return (self.weight, real + (self.offset - self.offset.detach()))

    def build(self) -> BiasNormLaw:
        """The law's BiasNorm; an offset may lie beyond what the codes of x reach."""
        grid = self.operands[0].grid
        return BiasNormLaw(
            offset=_offset_codes(self.offset.detach().cpu().double().numpy(), grid),
            epsilon=norm_epsilon(self.epsilon, len(self.weight), grid.scale),
            input_zero_point=grid.zero_point,
            **self.common(),
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """x / sqrt(mean((x - offset)^2) + eps), times the gain."""
        del symbols
        (x,), (weight, offset) = inputs, parameters
        variance = (x - offset).square().mean(dim=-1, keepdim=True)
        return x * torch.rsqrt(variance + max(self.epsilon, LEAST_EPSILON)) * weight

    def extra_repr(self) -> str:
        """Size and widths."""
        return f"{self.weight.shape[0]}, {super().extra_repr()}"


def _offset_codes(offset: np.ndarray, grid: Grid) -> np.ndarray:
    """The nearest codes, of the law's width."""
    wide = replace(grid, bits=OFFSET_BITS, signed=True)
    codes = quantize(offset, wide)
    if codes.min() == wide.codes[0] or codes.max() == wide.codes[1]:
        raise NumericsError(
            f"expected offsets of a norm within {wide.range[0]:.3g} .. {wide.range[1]:.3g}, got {offset.min():.3g} .. "
            f"{offset.max():.3g}: the operand's range is far too narrow for them; look at the calibration data"
        )
    return codes
