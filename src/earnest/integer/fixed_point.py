"""Fixed point: rounding shifts, requantization, and roots and quotients defined by value (E1 to E6).

All codes are two's complement, every product is formed in int64, and `>>` is arithmetic. Each function rounds
exactly once, half up, where its equation says so.
"""

from typing import Any

from array_api_compat import array_namespace

Array = Any
"""An integer array of any library that follows the array-API standard (NumPy, torch)."""

MANTISSA_BITS = 16
MANTISSA_LOW = 1 << (MANTISSA_BITS - 1)
MANTISSA_HIGH = (1 << MANTISSA_BITS) - 1
SHIFT_LOW, SHIFT_HIGH = 1, 47


def widen(codes: Array) -> Array:
    """The same integers as int64."""
    xp = array_namespace(codes)
    return xp.astype(codes, xp.int64, copy=False)


def shift_round(value: Array, shift: Array | int) -> Array:
    """E1: floor(value / 2^shift + 1/2) for shift >= 1; a tie goes up."""
    return (value + (1 << (shift - 1))) >> shift


def clamp(value: Array, low: int, high: int) -> Array:
    """E2: saturation to low .. high."""
    return array_namespace(value).clip(value, low, high)


def requantize(
    accumulator: Array, multiplier: Array | int, shift: Array | int, zero_point: int, low: int, high: int
) -> Array:
    """E3: clamp(zero_point + shift_round(accumulator * multiplier, shift)); one rounding, half up."""
    return clamp(shift_round(widen(accumulator) * multiplier, shift) + zero_point, low, high)


def round_divide(numerator: int, denominator: int) -> int:
    """E4: floor((2 a + d) / (2 d)) for d > 0; toward minus infinity also where a language truncates."""
    return (2 * numerator + denominator) // (2 * denominator)


def square_root(value: Array) -> Array:
    """E5: the largest integer r with r^2 <= value, for 0 <= value <= 2^32."""
    xp = array_namespace(value)
    root = xp.zeros_like(value)
    for bit in range(16, -1, -1):
        candidate = root + (1 << bit)
        root = xp.where(candidate * candidate <= value, candidate, root)
    return root


def bit_length(value: Array, bits: int) -> Array:
    """E6: the number of binary digits of value, for 0 <= value < 2^bits."""
    xp = array_namespace(value)
    length = xp.zeros_like(value)
    for digit in range(bits):
        length = length + xp.astype(value >= (1 << digit), value.dtype)
    return length
