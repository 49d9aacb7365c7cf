"""Levels: the values that the weights of a row may have, its codes times its scale."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from earnest.integer.codes import weight_limit
from earnest.numerics.grid import SMALLEST_SCALE
from earnest.numerics.weight import least_error_scales

_SHRINKS = np.linspace(0.4, 1.0, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """A width, the map from bits to codes, and the scale of each row, [groups, out], float64."""

    bits: int
    weight_map: str
    scale: Tensor

    def nearest(self, weight: Tensor) -> Tensor:
        """The nearest level of each weight, [groups, out] or [groups, out, columns]; ties up."""
        scale = self.scale if weight.ndim == 2 else self.scale[..., None]
        ratio, limit = weight / scale, weight_limit(self.bits, self.weight_map)
        codes = 2 * torch.floor(ratio / 2) + 1 if self.weight_map == "odd" else torch.floor(ratio + 0.5)
        return codes.clamp_(-limit, limit) * scale


def levels_by_output(weight: Tensor, importance: Tensor, bits: int, weight_map: str) -> Levels:
    """Levels for rows [groups, out, depth]: among fractions of the scale that reaches the largest weight the one of
    least squared rounding error, each input weighed by its importance [groups, depth].
    """
    rows = weight.flatten(0, 1).numpy()
    weighed = importance[:, None].expand_as(weight).flatten(0, 1).numpy()
    full = np.maximum(np.abs(rows).max(axis=1) / weight_limit(bits, weight_map), SMALLEST_SCALE)
    best = least_error_scales(rows, full, _SHRINKS, bits=bits, weight_map=weight_map, importance=weighed)
    return Levels(bits=bits, weight_map=weight_map, scale=torch.from_numpy(best).reshape(weight.shape[:2]))
