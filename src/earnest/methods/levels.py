"""Levels: the values that the weights of a row may have, its codes times its scale and its groups' multipliers."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from earnest.integer.codes import weight_limit
from earnest.numerics.weight import grouped_steps, spread_steps

_SHRINKS = np.linspace(0.4, 1.0, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """A width, the map from bits to codes, and the steps of rows [groups, out, depth]: a scale for each row, float64
    [groups, out], and a multiplier for each `group` of consecutive weights of a row, uint8 [groups, out, parts].
    """

    bits: int
    weight_map: str
    scale: Tensor
    multiplier: Tensor
    group: int

    def steps(self, depth: int) -> Tensor:
        """The real value of code 1 of each weight, [groups, out, depth]."""
        scale, multiplier = self.scale.reshape(-1), self.multiplier.flatten(0, 1)
        steps = spread_steps(scale.numpy(), multiplier.numpy(), self.group, (len(scale), depth))
        return torch.from_numpy(steps).reshape(*self.scale.shape, depth)

    def nearest(self, weight: Tensor, step: Tensor) -> Tensor:
        """The nearest level of each weight that has a step; ties up."""
        return nearest_codes(weight / step, self.bits, self.weight_map) * step

    def scaled(self, factor: Tensor | float) -> "Levels":
        """The scale of each row times a factor."""
        return replace(self, scale=self.scale * factor)


def nearest_codes(ratio: Tensor, bits: int, weight_map: str) -> Tensor:
    """The codes nearest to weights in units of their steps; ties up."""
    limit = weight_limit(bits, weight_map)
    codes = 2 * torch.floor(ratio / 2) + 1 if weight_map == "odd" else torch.floor(ratio + 0.5)
    return codes.clamp_(-limit, limit)


def levels_by_output(weight: Tensor, importance: Tensor, bits: int, weight_map: str, group: int) -> Levels:
    """Levels for rows [groups, out, depth]: among fractions of the range of all weights those of least squared rounding
    error, each input weighed by its importance [groups, depth].
    """
    rows = weight.flatten(0, 1).numpy()
    weighed = importance[:, None].expand_as(weight).flatten(0, 1).numpy()
    found = grouped_steps(rows, weighed, _SHRINKS, bits=bits, weight_map=weight_map, group=group)
    return Levels(
        bits=bits,
        weight_map=weight_map,
        scale=torch.from_numpy(found.scale).reshape(weight.shape[:2]),
        multiplier=torch.from_numpy(found.multiplier).reshape(*weight.shape[:2], -1),
        group=group,
    )
