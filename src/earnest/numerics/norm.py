"""Norms: gain and bias as multipliers of the normalised value in Q15, eps in units of the codes."""

import numpy as np
from jaxtyping import Float, Int64

from earnest.errors import NumericsError
from earnest.integer.fixed_point import SHIFT_LOW
from earnest.integer.law.norm import FRACTION_BITS, LARGEST_VARIANCE_BITS
from earnest.numerics.grid import Grid
from earnest.numerics.multiplier import LARGEST, SMALLEST, multiplier, multipliers

LARGEST_SHIFT = 40
"""A gain whose shift would be greater cannot move a code, and is 0."""

LARGEST_BIAS_BITS = 62
"""Half of int64, so that the normalised value has the other half."""


def norm_epsilon(epsilon: float, count: int, scale: float) -> int:
    """eps N^2 / s^2 rounded, at least 1."""
    return max(1, int(np.floor(epsilon * (count / scale) ** 2 + 0.5)))


def smallest_norm_scale(epsilon: float, count: int) -> float:
    """The scale below which eps N^2 / s^2 would pass 2^60, and the variance with it int64."""
    return count * float(np.sqrt(epsilon)) * 2.0**-30


def group_epsilon(epsilon: float, scale: float) -> tuple[int, int]:
    """eps / s^2 as a multiplier of N^2; one too small for the law is 0, below which E is 1."""
    real = epsilon / scale**2
    return multiplier(real) if real >= SMALLEST else (0, SHIFT_LOW)


def smallest_group_scale(epsilon: float) -> float:
    """The scale below which eps / s^2 would leave the law of multipliers."""
    return float(np.sqrt(epsilon / LARGEST)) * (1 + 2.0**-20)


def group_pre_shift(bits: int, count: int) -> int:
    """The least pre-shift with which N^2 |x'|^2, doubled for eps, is below 2^62 for `count` codes of a width."""
    digits = (count - 1).bit_length()
    return max(0, bits - 1 + digits - (LARGEST_VARIANCE_BITS - 1) // 2)


def norm_constants(
    gain: Float[np.ndarray, " channels"], bias: Float[np.ndarray, " channels"], output: Grid
) -> tuple[Int64[np.ndarray, " channels"], Int64[np.ndarray, " channels"], Int64[np.ndarray, " channels"]]:
    """Multiplier, shift and bias of each channel; the bias is in units of 2^-shift of the output's code."""
    factor = gain.astype(np.float64) / (output.scale * (1 << FRACTION_BITS))
    dead = np.abs(factor) < 2.0 ** (15 - LARGEST_SHIFT)
    multiplier, shift = multipliers(np.where(dead, 0.0, factor))
    shift = np.where(dead, SHIFT_LOW + 15, shift)
    units = np.floor(bias.astype(np.float64) / output.scale * 2.0**shift + 0.5)
    if np.abs(units).max() >= 1 << LARGEST_BIAS_BITS:
        raise NumericsError(
            f"expected biases of a norm below 2^{LARGEST_BIAS_BITS} units, got {np.abs(units).max():.3g}: "
            "the output's range is far too narrow for them; look at the calibration data"
        )
    return multiplier, shift, units.astype(np.int64)
