"""Fitting: codes, scales and the map of one weight at once, for the least error of the output.

GPTQ from several scales, of each row the best; then scales and codes in turn by descent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from earnest.methods.descent import descend, output_error, scale_growth
from earnest.methods.gptq_core import damp, gptq
from earnest.methods.levels import Levels, levels_by_output

_FACTORS = (0.88, 1.0, 1.13, 1.28)
"""Scales that are tried, relative to the best for rounding to nearest: errors that are made up for want more room."""

_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Quantized weights [groups, out, depth], their levels, and the expected squared error of all outputs."""

    weight: Tensor
    levels: Levels
    error: float


def fit(wanted: Tensor, c: Tensor, bits: int, weight_maps: Sequence[str], group: int) -> Fit:
    """The best found for real weights [groups, out, depth] and the covariance of their inputs, among the maps."""
    ridged = damp(c)
    return min((_fit(wanted, ridged, bits, each, group) for each in weight_maps), key=lambda found: found.error)


def rough_fit(wanted: Tensor, c: Tensor, bits: int, weight_map: str, group: int) -> Fit:
    """GPTQ from one scale: what comparisons need, for `fit` gains much the same over it everywhere."""
    ridged = damp(c)
    levels = levels_by_output(wanted, torch.diagonal(ridged, dim1=1, dim2=2), bits, weight_map, group)
    weight = gptq(wanted, ridged, levels.steps(wanted.shape[2]), levels.nearest)
    return Fit(weight=weight, levels=levels, error=float(output_error(wanted, weight, ridged).sum()))


def _fit(wanted: Tensor, c: Tensor, bits: int, weight_map: str, group: int) -> Fit:
    plain = levels_by_output(wanted, torch.diagonal(c, dim1=1, dim2=2), bits, weight_map, group)
    weight, levels = _from_several_scales(wanted, c, plain)
    for _ in range(_ROUNDS):
        factor = scale_growth(wanted, weight, c)
        levels = levels.scaled(factor)
        weight = descend(wanted, weight * factor[..., None], c, levels.steps(wanted.shape[2]), levels.nearest)
    return Fit(weight=weight, levels=levels, error=float(output_error(wanted, weight, c).sum()))


def _from_several_scales(wanted: Tensor, c: Tensor, plain: Levels) -> tuple[Tensor, Levels]:
    """GPTQ with all factors side by side, as if they were more outputs; of each output the best."""
    groups, out, depth = wanted.shape
    steps = torch.cat([plain.scaled(factor).steps(depth) for factor in _FACTORS], dim=1)
    repeated = wanted.repeat(1, len(_FACTORS), 1)
    found = gptq(repeated, c, steps, plain.nearest)
    best = output_error(repeated, found, c).reshape(groups, -1, out).argmin(dim=1)
    chosen = best[:, None, :, None].expand(-1, -1, -1, depth)
    weight = found.reshape(groups, -1, out, depth).gather(1, chosen)[:, 0]
    return weight, plain.scaled(torch.tensor(_FACTORS, dtype=torch.float64)[best])
