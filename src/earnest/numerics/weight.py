"""Weights and biases: one scale per output channel, codes nearest to the real weights, biases in units of s_x s_w."""

from collections.abc import Sequence

import numpy as np

from earnest.errors import NumericsError
from earnest.integer.codes import weight_limit
from earnest.numerics.grid import SMALLEST_SCALE, Grid

BIAS_LIMIT = (1 << 30) - 1
"""Largest folded bias: half of int32, so that the sum of products has the other half."""

_SHRINKS = np.linspace(0.3, 1.0, 71)


def weight_codes(weight: np.ndarray, scale: np.ndarray, *, bits: int, weight_map: str) -> np.ndarray:
    """int8 codes of a weight [out, ...] for scales [out], nearest, ties up; odd maps take the nearest odd number."""
    limit = weight_limit(bits, weight_map)
    ratio = weight.astype(np.float64) / scale.reshape(-1, *(1,) * (weight.ndim - 1))
    codes = 2 * np.floor(ratio / 2) + 1 if weight_map == "odd" else np.floor(ratio + 0.5)
    return np.clip(codes, -limit, limit).astype(np.int8)


def weight_scales(weight: np.ndarray, *, bits: int, weight_map: str, method: str) -> np.ndarray:
    """Scales [out] of a weight [out, ...], float64: `extremes` reaches the largest weight, `squared-error` shrinks it
    to the range of least squared rounding error among 71 fractions from 0.3 to 1.
    """
    rows = weight.reshape(weight.shape[0], -1).astype(np.float64)
    if not np.isfinite(rows).all():
        raise NumericsError("expected finite weights")
    full = np.maximum(np.abs(rows).max(axis=1) / weight_limit(bits, weight_map), SMALLEST_SCALE)
    if method == "extremes":
        return full
    if method != "squared-error":
        raise NumericsError(f"expected a weight range of extremes or squared-error, got {method!r}")
    return least_error_scales(rows, full, _SHRINKS, bits=bits, weight_map=weight_map)


def least_error_scales(
    rows: np.ndarray,
    full: np.ndarray,
    shrinks: np.ndarray,
    *,
    bits: int,
    weight_map: str,
    importance: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Scales [out] of rows [out, depth]: of each row the fraction of `full` with the least squared rounding error, that
    of each weight times its importance; the last of equal ones.
    """
    best, least = full, np.full(len(full), np.inf)
    for shrink in shrinks:
        scale = full * shrink
        error = rows - weight_codes(rows, scale, bits=bits, weight_map=weight_map) * scale[:, None]
        squares = (error * error * importance).sum(axis=1)
        best, least = np.where(squares <= least, scale, best), np.minimum(squares, least)
    return best


def weight_maps(weight_map: str, bits: int) -> tuple[str, ...]:
    """The maps that "either" stands for at a width: odd codes do not fit int8 at 8 bits, and alone exist at 1."""
    if weight_map != "either":
        return (weight_map,)
    return ("odd",) if bits == 1 else ("symmetric",) if bits == 8 else ("symmetric", "odd")


def nearest_map(weight: np.ndarray, *, bits: int, weight_maps: Sequence[str], method: str) -> tuple[str, np.ndarray]:
    """The map of least squared rounding error over the whole weight, and its scales; the first of equal ones."""
    found: list[tuple[float, str, np.ndarray]] = []
    for weight_map in weight_maps:
        scales = weight_scales(weight, bits=bits, weight_map=weight_map, method=method)
        levels = weight_codes(weight, scales, bits=bits, weight_map=weight_map).astype(np.float64)
        error = weight - levels * scales.reshape(-1, *(1,) * (weight.ndim - 1))
        found.append((float((error * error).sum()), weight_map, scales))
    _, weight_map, scales = min(found, key=lambda one: one[0])
    return weight_map, scales


def live_scales(scale: np.ndarray, bias: np.ndarray, input_grid: Grid, output_scale: float) -> np.ndarray:
    """Scales [out] raised, where a channel is nearly dead, until its bias fits and its multiplier is within the law."""
    by_bias = np.abs(bias) / (BIAS_LIMIT * input_grid.scale)
    by_multiplier = np.full_like(scale, 2.0**-30 * output_scale / input_grid.scale)
    return np.maximum(scale, np.maximum(by_bias, by_multiplier))


def folded_bias(codes: np.ndarray, bias: np.ndarray, scale: np.ndarray, input_grid: Grid) -> np.ndarray:
    """floor(b / (s_x s_w) + 1/2) - z_x sum w, int64 [out]; refuses what int32 cannot hold."""
    units = np.floor(bias.astype(np.float64) / (input_grid.scale * scale) + 0.5).astype(np.int64)
    folded = units - input_grid.zero_point * codes.astype(np.int64).reshape(codes.shape[0], -1).sum(axis=1)
    if np.abs(folded).max() >= 1 << 31:
        raise NumericsError(f"a folded bias reaches {np.abs(folded).max()}, beyond int32")
    return folded
