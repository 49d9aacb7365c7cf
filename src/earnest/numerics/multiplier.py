"""Multipliers: a positive or negative real as m 2^-s with m = 0 or 2^15 <= |m| < 2^16 and 1 <= s <= 47.

The relative error is at most 2^-16. Anything outside fails here, offline.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int64

from earnest.errors import NumericsError
from earnest.integer.fixed_point import MANTISSA_BITS, SHIFT_HIGH, SHIFT_LOW
from earnest.integer.law.add import SUM_BITS

LARGEST = float((1 << MANTISSA_BITS) - 1) / (1 << SHIFT_LOW)
SMALLEST = 2.0 ** (MANTISSA_BITS - 1 - SHIFT_HIGH)


def multipliers(
    reals: Float[np.ndarray, "*shape"],
) -> tuple[Int64[np.ndarray, "*shape"], Int64[np.ndarray, "*shape"]]:
    """Mantissas and shifts of an array of reals; an exact 0 gets (0, 1)."""
    reals = np.asarray(reals, dtype=np.float64)
    if not np.isfinite(reals).all():
        raise NumericsError("expected finite multipliers")
    fraction, exponent = np.frexp(reals)
    mantissa = np.floor(np.abs(fraction) * (1 << MANTISSA_BITS) + 0.5).astype(np.int64)
    shift = MANTISSA_BITS - exponent.astype(np.int64)
    rounded_up = mantissa == 1 << MANTISSA_BITS
    mantissa, shift = np.where(rounded_up, mantissa >> 1, mantissa), np.where(rounded_up, shift - 1, shift)
    mantissa, shift = np.where(reals == 0, 0, mantissa), np.where(reals == 0, SHIFT_LOW, shift)
    outside = (shift < SHIFT_LOW) | (shift > SHIFT_HIGH)
    if outside.any():
        raise NumericsError(
            f"expected multipliers of {SMALLEST:.3g} .. {LARGEST:.3g}, got {np.abs(reals[outside]).max():.3g}: a "
            "range is far too wide or too narrow; look at the calibration data"
        )
    return np.sign(fraction).astype(np.int64) * mantissa, shift


def multiplier(real: float) -> tuple[int, int]:
    """Mantissa and shift of one real."""
    mantissa, shift = multipliers(np.array([real], dtype=np.float64))
    return int(mantissa[0]), int(shift[0])


def sum_multipliers(reals: Sequence[float], magnitudes: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """One common shift for the terms of a sum: the smallest non-zero mantissa has 16 bits, larger ones what the ratio
    needs.

    `magnitudes` are the largest |code - zero_point| of the terms. A term that is less than half a code at its largest
    gets 0 where its multiplier would be below the law's, or would drive the sum past 2^52; a greater one is refused.
    """
    small = [abs(real) < SMALLEST and abs(real) * size < 0.5 for real, size in zip(reals, magnitudes, strict=True)]
    reals = [0.0 if negligible else real for real, negligible in zip(reals, small, strict=True)]
    nonzero = [abs(real) for real in reals if real != 0]
    if not nonzero:
        return (0,) * len(reals), SHIFT_LOW
    _, shift = multiplier(min(nonzero))
    while True:
        mantissas = tuple(int(np.floor(real * 2.0**shift + 0.5)) for real in reals)
        total = sum(abs(m) * size for m, size in zip(mantissas, magnitudes, strict=True)) + (1 << (shift - 1))
        if total < 1 << SUM_BITS:
            break
        shift -= 1
        if shift < SHIFT_LOW:
            raise NumericsError(f"no common shift for multipliers {list(reals)}")
    negligible = tuple(0 if abs(m) < 1 << (MANTISSA_BITS - 1) else m for m in mantissas)
    for kept, real, size in zip(negligible, reals, magnitudes, strict=True):
        if kept == 0 and abs(real) * size >= 0.5:
            raise NumericsError(f"multipliers {list(reals)} differ too much for one sum below 2^{SUM_BITS}")
    return negligible, shift
