"""Learned grids: rounding whose step and zero point have gradients too.

    x~ = s (c - z),   c = clip(floor(x / s + z + 1/2), low, high)

    d x~ / d x = 1 inside the range, else 0
    d x~ / d s = (x~ - x) / s inside the range, x~ / s beyond it       [Esser 2020, arXiv:1902.08153, eq. 2 and 3]
    d x~ / d z = 0 inside the range, -s beyond it                      [Bhalgat 2020, arXiv:2004.09576; offset -s z]

Weights are trained as shares of the range of their row, v = w / (limit * s), so that a learned step moves all weights
of its row and changes no code of it:

    w~ = s c,   c = clip(floor(v limit + 1/2), -limit, limit)
"""

from typing import Any

import torch
from torch import Tensor

from earnest.integer.codes import weight_limit
from earnest.methods.levels import nearest_codes


class Rounded(torch.autograd.Function):
    """Real values at the codes of a grid, nearest, half up; gradients for the values, the step and the zero point."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, step: Tensor, zero_point: Tensor, low: int, high: int) -> Tensor:
        """`step` and `zero_point` are one number each, float32; the latter is whole."""
        size, zero = float(step), float(zero_point)
        ctx.size, ctx.low, ctx.high = size, low - zero, high - zero
        codes = torch.mul(x, 1.0 / size).add_(0.5).floor_().clamp_(ctx.low, ctx.high)
        result = codes.mul_(size)
        ctx.save_for_backward(x, result)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None, None, None]:
        """Two sums give the gradient of the step: all of g x~, less what of g x is inside. That of the zero point is
        -s times what of g is beyond.
        """
        x, result = ctx.saved_tensors
        middle, reach = (ctx.low + ctx.high) / 2 * ctx.size, (ctx.high - ctx.low + 1) / 2 * ctx.size
        inside = torch.where(torch.sub(x, middle).abs_() <= reach, gradients[0], 0.0)
        slope = shift = None
        if ctx.needs_input_grad[1]:
            slope = (_dot(gradients[0], result) - _dot(inside, x)) / ctx.size
        if ctx.needs_input_grad[2]:
            shift = torch.sub(inside, gradients[0]).sum() * ctx.size
        return inside, slope, shift, None, None


class WholeNumbers(torch.autograd.Function):
    """Whole numbers from `least` to `most`, nearest, half up. The gradient passes, but where it leads further beyond a
    bound: a number that is there can come back.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, least: Tensor, most: Tensor) -> Tensor:
        """As float32; the bounds may be those of each number."""
        ctx.save_for_backward(x, least, most)
        return torch.add(x, 0.5).floor_().clamp_(least, most)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Descent goes against the gradient: below `least` only a negative one passes, above `most` only a positive
        one.
        """
        x, least, most = ctx.saved_tensors
        away = ((x < least) & (gradients[0] > 0)) | ((x > most) & (gradients[0] < 0))
        return gradients[0].masked_fill(away, 0.0), None, None


def _dot(left: Tensor, right: Tensor) -> Tensor:
    return torch.dot(left.reshape(-1), right.reshape(-1))


class Coded(torch.autograd.Function):
    """Codes of weights that are shares of their range; the gradient passes where no larger code would be nearer."""

    @staticmethod
    def forward(ctx: Any, share: Tensor, bits: int, weight_map: str) -> Tensor:
        """Codes as float32."""
        limit = weight_limit(bits, weight_map)
        ctx.limit, ctx.half = limit, 1.0 if weight_map == "odd" else 0.5
        ctx.save_for_backward(share)
        return share_codes(share, bits, weight_map)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """d c / d v = limit."""
        (share,) = ctx.saved_tensors
        inside = share.abs() < (ctx.limit + ctx.half) / ctx.limit
        return gradients[0] * ctx.limit * inside, None, None


def share_codes(share: Tensor, bits: int, weight_map: str) -> Tensor:
    """The nearest codes of shares of a range, ties up."""
    return nearest_codes(share * weight_limit(bits, weight_map), bits, weight_map)
