"""Weights and biases: one scale per output channel, a multiplier per group of its row, codes nearest to the real
weights, biases in units of s_x s_w.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Float, Float64, Int, Int8, Int64, Real, UInt8

from earnest.errors import NumericsError
from earnest.integer.codes import WEIGHT_HIGH, weight_limit
from earnest.numerics.grid import SMALLEST_SCALE, Grid

BIAS_LIMIT = (1 << 30) - 1
"""Largest folded bias: half of int32, so that the sum of products has the other half."""

LARGEST_MULTIPLIER = 16
"""Of a group: 1 to 16 take 4 bits."""

_FRACTIONS = {"extremes": np.ones(1), "squared-error": np.linspace(0.3, 1.0, 71)}
"""By the method, the shares of the range of all weights that are tried."""

_ROOM = (0.85, 1.0, 1.2)
"""Scales that are tried, relative to that with which the widest group has the largest multiplier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The real value of code 1: a scale for each output channel, times the multiplier of each group of consecutive
    weights of its row.
    """

    scale: Float64[np.ndarray, " out"]
    multiplier: UInt8[np.ndarray, "out groups"]
    group: int

    def spread(self, shape: Sequence[int]) -> Float64[np.ndarray, "out ..."]:
        """The step of each weight of a shape [out, ...]."""
        return spread_steps(self.scale, self.multiplier, self.group, shape)


def spread_steps(
    scale: Float[np.ndarray, " out"], multiplier: Real[np.ndarray, "out groups"], group: int, shape: Sequence[int]
) -> Float[np.ndarray, "out ..."]:
    """Scales times the multipliers of their rows' groups, for each weight of a shape [out, ...]."""
    depth = prod(shape[1:])
    return np.repeat(scale[:, None] * multiplier, group, axis=1)[:, :depth].reshape(tuple(shape))


def weight_codes(
    weight: Float[np.ndarray, " out *rest"],
    step: Float[np.ndarray, " out"] | Float[np.ndarray, " out *rest"],
    *,
    bits: int,
    weight_map: str,
) -> Int8[np.ndarray, " out *rest"]:
    """Codes of a weight, nearest, ties up; odd maps take the nearest odd number. `step` is the real value of code 1,
    one for each output channel or for each weight.
    """
    limit = weight_limit(bits, weight_map)
    each = step if step.ndim == weight.ndim else step.reshape(-1, *(1,) * (weight.ndim - 1))
    ratio = weight.astype(np.float64) / each
    codes = 2 * np.floor(ratio / 2) + 1 if weight_map == "odd" else np.floor(ratio + 0.5)
    return np.clip(codes, -limit, limit).astype(np.int8)


def weight_steps(weight: Float[np.ndarray, "out ..."], *, bits: int, weight_map: str, method: str, group: int) -> Steps:
    """Scales and multipliers of a weight: `extremes` reaches the largest weight of each group,
    `squared-error` shrinks each group to the range of least squared rounding error among 71 fractions from 0.3 to 1.
    """
    if method not in _FRACTIONS:
        raise NumericsError(f"expected a weight range of extremes or squared-error, got {method!r}")
    rows = weight.reshape(weight.shape[0], -1).astype(np.float64)
    if not np.isfinite(rows).all():
        raise NumericsError("expected finite weights")
    return grouped_steps(rows, np.ones_like(rows), _FRACTIONS[method], bits=bits, weight_map=weight_map, group=group)


def grouped_steps(
    rows: Float[np.ndarray, "out depth"],
    importance: Float[np.ndarray, "out depth"],
    fractions: Float[np.ndarray, " fractions"],
    *,
    bits: int,
    weight_map: str,
    group: int,
) -> Steps:
    """Scales and multipliers of rows: those of least squared rounding error, that of
    each weight times its importance; each group's largest weight is reached if the only fraction is 1.
    """
    parts, weighed = in_groups(rows, group), in_groups(importance, group)
    flat = parts.reshape(-1, parts.shape[2])
    full = np.maximum(np.abs(flat).max(axis=1) / weight_limit(bits, weight_map), SMALLEST_SCALE)
    best = least_error_scales(
        flat, full, fractions, bits=bits, weight_map=weight_map, importance=weighed.reshape(flat.shape)
    ).reshape(parts.shape[:2])
    if parts.shape[1] == 1:
        return Steps(scale=best[:, 0], multiplier=np.ones(best.shape, dtype=np.uint8), group=group)
    most = largest_multiplier(bits, weight_map)
    if len(fractions) == 1:
        scale = np.maximum(best.max(axis=1) / most, SMALLEST_SCALE)
        multiplier = np.clip(np.ceil(best / scale[:, None] * (1 - 2.0**-40)), 1, most)
        return Steps(scale=scale, multiplier=multiplier.astype(np.uint8), group=group)

    def error(step: np.ndarray) -> np.ndarray:
        steps = np.broadcast_to(step[:, :, None], parts.shape)
        nearest = weight_codes(parts, steps, bits=bits, weight_map=weight_map)
        return (np.square(parts - nearest * steps) * weighed).sum(axis=2)

    return _least_error_steps(best, error, most, group)


def _least_error_steps(best: np.ndarray, error: Callable[[np.ndarray], np.ndarray], most: int, group: int) -> Steps:
    """Of some scales of each row, with multipliers next to what each group likes best, those of least error."""
    scale, multiplier = best[:, 0], np.ones_like(best)
    least = np.full(len(best), np.inf)
    for factor in _ROOM:
        unit = np.maximum(best.max(axis=1) * factor / most, SMALLEST_SCALE)
        near = np.clip(np.floor(best / unit[:, None] + 0.5) + np.arange(-1, 2)[:, None, None], 1, most)
        errors = np.stack([error(each * unit[:, None]) for each in near])
        chosen = np.take_along_axis(near, errors.argmin(axis=0)[None], axis=0)[0]
        total = errors.min(axis=0).sum(axis=1)
        better = total < least
        scale, multiplier = np.where(better, unit, scale), np.where(better[:, None], chosen, multiplier)
        least = np.minimum(total, least)
    return Steps(scale=scale, multiplier=multiplier.astype(np.uint8), group=group)


def in_groups(rows: Float[np.ndarray, "out depth"], group: int) -> Float[np.ndarray, "out groups size"]:
    """Rows group by group, zeros behind the last value."""
    count = -(-rows.shape[1] // group)
    return np.pad(rows, ((0, 0), (0, count * group - rows.shape[1]))).reshape(len(rows), count, group)


def least_error_scales(
    rows: Float[np.ndarray, "out depth"],
    full: Float[np.ndarray, " out"],
    shrinks: Float[np.ndarray, " shrinks"],
    *,
    bits: int,
    weight_map: str,
    importance: Float[np.ndarray, "out depth"] | float = 1.0,
) -> Float[np.ndarray, " out"]:
    """Scales of rows: of each row the fraction of `full` with the least squared rounding error, that
    of each weight times its importance; the last of equal ones.
    """
    best, least = full, np.full(len(full), np.inf)
    for shrink in shrinks:
        scale = full * shrink
        error = rows - weight_codes(rows, scale, bits=bits, weight_map=weight_map) * scale[:, None]
        squares = (error * error * importance).sum(axis=1)
        best, least = np.where(squares <= least, scale, best), np.minimum(squares, least)
    return best


def largest_multiplier(bits: int, weight_map: str) -> int:
    """What the largest code may be multiplied by, and 16 at most."""
    return min(LARGEST_MULTIPLIER, WEIGHT_HIGH // weight_limit(bits, weight_map))


def weight_maps(weight_map: str, bits: int) -> tuple[str, ...]:
    """The maps that "either" stands for at a width: odd codes do not fit int8 at 8 bits, and alone exist at 1."""
    if weight_map != "either":
        return (weight_map,)
    return ("odd",) if bits == 1 else ("symmetric",) if bits == 8 else ("symmetric", "odd")


def nearest_map(
    weight: Float[np.ndarray, "out ..."], *, bits: int, weight_maps: Sequence[str], method: str, group: int
) -> tuple[str, Steps]:
    """The map of least squared rounding error over the whole weight, and its steps; the first of equal ones."""
    found: list[tuple[float, str, Steps]] = []
    for weight_map in weight_maps:
        steps = weight_steps(weight, bits=bits, weight_map=weight_map, method=method, group=group)
        each = steps.spread(weight.shape)
        error = weight - weight_codes(weight, each, bits=bits, weight_map=weight_map) * each
        found.append((float((error * error).sum()), weight_map, steps))
    _, weight_map, steps = min(found, key=lambda one: one[0])
    return weight_map, steps


def live_scales(
    scale: Float[np.ndarray, " out"], bias: Float[np.ndarray, " out"], input_grid: Grid, output_scale: float
) -> Float[np.ndarray, " out"]:
    """Scales raised, where a channel is nearly dead, until its bias fits and its multiplier is within the law."""
    by_bias = np.abs(bias) / (BIAS_LIMIT * input_grid.scale)
    return np.maximum(live_rows(scale, output_scale / input_grid.scale), by_bias)


def live_rows(scale: Float[np.ndarray, " out"], output_scale: float) -> Float[np.ndarray, " out"]:
    """Scales raised, where a row is nearly dead, until its multiplier is within the law."""
    return np.maximum(scale, 2.0**-30 * output_scale)


def folded_bias(
    factors: Int[np.ndarray, "out ..."],
    bias: Float[np.ndarray, " out"],
    scale: Float[np.ndarray, " out"],
    input_grid: Grid,
) -> Int64[np.ndarray, " out"]:
    """floor(b / (s_x s_w) + 1/2) - z_x sum w, w the codes times their groups' multipliers; refuses what
    int32 cannot hold.
    """
    units = np.floor(bias.astype(np.float64) / (input_grid.scale * scale) + 0.5).astype(np.int64)
    folded = units - input_grid.zero_point * factors.astype(np.int64).reshape(len(factors), -1).sum(axis=1)
    if np.abs(folded).max() >= 1 << 31:
        raise NumericsError(f"a folded bias reaches {np.abs(folded).max()}, beyond int32")
    return folded
