"""Equalization: channels scaled where the model allows it, so that weights and activations are rounded more finely.

    x_j <- x_j / s_j,   W_j <- W_j s_j                          for the channels j of an equalization pair
    s_j = (v_j / a_j)^(t/2)        v_j = 1 / [C^-1]_jj,  a_j = mean_i W_ij^2
    s_j = m_j^t / n_j^(1-t)        m_j = max |x_j|,      n_j = max_i |W_ij|   [Xiao et al. 2023, arXiv:2211.10438]

With t = 1/2 the first is where (sum_j a_j s_j^2)(sum_j v_j / s_j^2) is least: the square of a row's scale times what a
column's error costs after the other columns have made up for it. Which form and which t: the one whose rounded weights
and activations give the least error of the outputs, and none of them where none is better than none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from earnest.methods.fitting import rough_fit
from earnest.methods.gptq_core import damp

STRENGTHS = (0.25, 0.5, 0.75)
_FARTHEST = 8.0
"""Largest factor either way, of the geometric mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A weight [groups, out, depth] that multiplies the channels of a pair, their covariance [groups, depth, depth],
    and the widths: `columns` tells which channel each column multiplies, [groups, depth].
    """

    weight: Tensor
    covariance: Tensor
    columns: Tensor
    bits: int
    weight_map: str
    group: int
    input_bits: int

    @property
    def power(self) -> float:
        """The expected squared output."""
        return max(float(((self.weight @ self.covariance) * self.weight).sum()), 1e-30)


def factors(readings: Sequence[Reading], low: Tensor, high: Tensor) -> Tensor:
    """Factors [channels] for what reads channels that reach from `low` to `high`, [channels]."""
    powers = [reading.power for reading in readings]
    candidates = [torch.ones_like(low), *_by_variance(readings, powers, len(low)), *_by_range(readings, low, high)]
    errors = [_error(readings, powers, candidate, low, high) for candidate in candidates]
    return candidates[min(range(len(candidates)), key=errors.__getitem__)]


def _by_variance(readings: Sequence[Reading], powers: Sequence[float], channels: int) -> list[Tensor]:
    variance, energy = torch.zeros(channels).double(), torch.zeros(channels).double()
    for reading, power in zip(readings, powers, strict=True):
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(damp(reading.covariance)))
        alone = 1 / torch.diagonal(inverse, dim1=1, dim2=2)
        variance.index_add_(0, reading.columns.reshape(-1), (alone / power).reshape(-1))
        energy.index_add_(0, reading.columns.reshape(-1), reading.weight.square().mean(dim=1).reshape(-1))
    ratio = variance.clamp_min(1e-30) / energy.clamp_min(1e-30)
    return [_moderate(ratio ** (strength / 2)) for strength in STRENGTHS]


def _by_range(readings: Sequence[Reading], low: Tensor, high: Tensor) -> list[Tensor]:
    widest = torch.zeros_like(low)
    for reading in readings:
        largest = reading.weight.abs().amax(dim=1).reshape(-1)
        widest.scatter_reduce_(0, reading.columns.reshape(-1), largest, reduce="amax")
    reach, widest = torch.maximum(high, -low).clamp_min(1e-9), widest.clamp_min(1e-9)
    return [_moderate(reach**strength / widest ** (1 - strength)) for strength in STRENGTHS]


def _moderate(factor: Tensor) -> Tensor:
    return (factor / factor.log().mean().exp()).clamp(1 / _FARTHEST, _FARTHEST)


def _error(readings: Sequence[Reading], powers: Sequence[float], factor: Tensor, low: Tensor, high: Tensor) -> float:
    """The expected squared error of the outputs, each reader's relative to its power."""
    span = float((high / factor).amax().clamp_min(0) - (low / factor).amin().clamp_max(0))
    total = 0.0
    for reading, power in zip(readings, powers, strict=True):
        scaled = factor[reading.columns]
        weight = reading.weight * scaled[:, None]
        covariance = reading.covariance / (scaled[:, :, None] * scaled[:, None, :])
        step = span / (2**reading.input_bits - 1)
        rounding = step**2 / 12 * float(weight.square().sum())
        error = rough_fit(weight, covariance, reading.bits, reading.weight_map, reading.group).error
        total += (error + rounding) / power
    return total
