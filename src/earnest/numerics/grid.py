"""Grids: what codes mean. real = scale * (code - zero_point) [Jacob 2018, arXiv:1712.05877, eq. 1]."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from earnest.errors import NumericsError
from earnest.integer.codes import code_range

SMALLEST_SCALE = 2.0**-40


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What a tensor's codes mean and may be. `scale` is real and lives offline only; real 0 is always a code."""

    bits: int
    signed: bool
    scale: float
    zero_point: int

    def __post_init__(self) -> None:
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise NumericsError(f"expected a positive finite scale, got {self.scale}")
        low, high = self.codes
        if not low <= self.zero_point <= high:
            raise NumericsError(f"expected a zero point in {low} .. {high}, got {self.zero_point}")

    @property
    def codes(self) -> tuple[int, int]:
        """Lowest and highest code."""
        return code_range(self.bits, signed=self.signed)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest real number on the grid."""
        low, high = self.codes
        return self.scale * (low - self.zero_point), self.scale * (high - self.zero_point)


def grid_of_range(low: float, high: float, *, bits: int, symmetric: bool) -> Grid:
    """The signed grid over a real range, widened to hold 0; symmetric grids have zero point 0 and skip the lowest
    code.
    """
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise NumericsError(f"expected a finite range, got {low} .. {high}")
    low, high = min(low, 0.0), max(high, 0.0)
    code_low, code_high = code_range(bits, signed=True)
    if symmetric:
        scale = max(max(-low, high) / code_high, SMALLEST_SCALE)
        return Grid(bits=bits, signed=True, scale=scale, zero_point=0)
    scale = max((high - low) / (code_high - code_low), SMALLEST_SCALE)
    zero_point = int(np.clip(np.floor(code_low - low / scale + 0.5), code_low, code_high))
    return Grid(bits=bits, signed=True, scale=scale, zero_point=zero_point)


def quantize(real: Any, grid: Grid) -> Int64[np.ndarray, "..."]:
    """Codes nearest to real numbers, ties up, saturated: clamp(floor(real / scale + 1/2) + zero_point)."""
    low, high = grid.codes
    codes = np.floor(np.asarray(real, dtype=np.float64) / grid.scale + 0.5) + grid.zero_point
    return np.asarray(np.clip(codes, low, high), dtype=np.int64)


def dequantize(codes: Any, grid: Grid) -> Float64[np.ndarray, "..."]:
    """The real numbers that codes stand for."""
    return np.asarray(grid.scale * (np.asarray(codes, dtype=np.float64) - grid.zero_point))
