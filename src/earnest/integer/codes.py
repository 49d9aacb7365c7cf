"""Codes: what a value's integers may be, what is proved about them, and what holds them in memory."""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from earnest.errors import ProgramError

CODE_BITS = (*range(1, 9), 16, 24)
"""Widths of a value. 24 is an accumulator that an operator hands on unrounded; it fits a float32 carrier exactly."""

WEIGHT_MAPS = ("symmetric", "odd")
"""How b bits become weight codes: -(2^(b-1)-1) .. 2^(b-1)-1, or the odd numbers -(2^b-1) .. 2^b-1."""

WEIGHT_CONTAINER = np.dtype(np.int8)
"""What holds weight codes in memory."""

WEIGHT_HIGH = 127
"""The largest weight, with the multiplier of its group; the lowest is its negative."""

CONTAINERS = {
    8: (np.dtype(np.uint8), np.dtype(np.int8)),
    16: (np.dtype(np.uint16), np.dtype(np.int16)),
    32: (np.dtype(np.uint32), np.dtype(np.int32)),
    64: (np.dtype(np.int64), np.dtype(np.int64)),
}
"""NumPy types by width, unsigned and signed. There is no uint64: with int64 it gives float64."""


def code_range(bits: int, *, signed: bool) -> tuple[int, int]:
    """Lowest and highest code of a width."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def weight_limit(bits: int, weight_map: str) -> int:
    """The largest weight code; the lowest is its negative (-128 is no weight code)."""
    if weight_map not in WEIGHT_MAPS:
        raise ProgramError(f"expected a weight map of {WEIGHT_MAPS}, got {weight_map!r}")
    limit = (1 << bits) - 1 if weight_map == "odd" else (1 << (bits - 1)) - 1
    if not 1 <= bits <= 8 or not 1 <= limit <= WEIGHT_HIGH:
        raise ProgramError(f"expected weights of 1 to 8 bits that fit int8, got {bits} bits ({weight_map})")
    return limit


@cache
def storage(bits: int, *, signed: bool) -> np.dtype:
    """The smallest NumPy integer type that holds every code of a width."""
    return next(pair[signed] for width, pair in CONTAINERS.items() if bits <= width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What is known of a value before any run: its width, its shape, and an interval proved to hold all its codes.

    `row_sum`, if known, bounds the sum of |code| over the last axis (the probabilities of a softmax).
    """

    bits: int
    signed: bool
    shape: tuple[int, ...]
    low: int
    high: int
    row_sum: int | None = None

    @staticmethod
    @lru_cache(maxsize=1 << 10)
    def full(bits: int, *, signed: bool, shape: tuple[int, ...]) -> "Domain":
        """Every code of the width may occur. A program has few such domains, and each of them many times."""
        low, high = code_range(bits, signed=signed)
        return Domain(bits=bits, signed=signed, shape=shape, low=low, high=high)

    @property
    def magnitude(self) -> int:
        """The largest |code|."""
        return max(abs(self.low), abs(self.high))

    def centred(self, zero_point: int) -> int:
        """The largest |code - zero_point|."""
        return max(abs(self.low - zero_point), abs(self.high - zero_point))

    def reshaped(self, shape: tuple[int, ...]) -> "Domain":
        """The same codes in another shape."""
        return Domain(bits=self.bits, signed=self.signed, shape=shape, low=self.low, high=self.high)
