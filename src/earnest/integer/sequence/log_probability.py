"""Log-probabilities of the classes of one row of logits, in 2^-16 of a binary digit (E27).

    q[k] = shift_round((max x - x[k]) m, s)
    e[k] = (A[(q[k] >> 8) & 255] B[q[k] & 255]) >> (q[k] >> 16)
    l[k] = 30 2^16 - log2(sum e) - q[k]

A[j] and B[j] are the integers nearest to 2^15 2^(-j / 2^8) and 2^15 2^(-j / 2^16), the same for every program; log2(S)
is the largest n with 2^n <= S^(2^16). What decoding compares is their sum over tokens.
"""

from functools import cache
from math import isqrt

import numpy as np

from earnest.integer.fixed_point import shift_round, widen

UNIT_BITS = 16
"""Binary digits of the fraction of a log-probability."""

_ONE_BITS, _INDEX_BITS, _PRECISION, _FARTHEST = 15, 8, 160, 62


@cache
def power_tables() -> tuple[np.ndarray, np.ndarray]:
    """A and B: 2^15 2^(-j / 2^8) and 2^15 2^(-j / 2^16), rounded."""
    root = 1 << (_PRECISION - 1)
    roots: list[int] = []
    for _ in range(UNIT_BITS):
        root = isqrt(root << _PRECISION)
        roots.append(root)
    coarse, fine = roots[:_INDEX_BITS][::-1], roots[_INDEX_BITS:][::-1]
    return _products(coarse), _products(fine)


def _products(factors: list[int]) -> np.ndarray:
    """For each index the product of the factors of its binary digits, from 2^15 on, rounded."""
    values: list[int] = []
    for index in range(1 << _INDEX_BITS):
        value = 1 << (_PRECISION + _ONE_BITS)
        for digit, factor in enumerate(factors):
            if index >> digit & 1:
                value = value * factor >> _PRECISION
        values.append(shift_round(value, _PRECISION))
    return np.asarray(values, dtype=np.int64)


def binary_logarithm(value: int) -> int:
    """The largest n with 2^n <= value^(2^16), for 1 <= value < 2^62: by squaring, a digit at a time."""
    whole = value.bit_length() - 1
    fraction, result = value << (_PRECISION - whole), whole
    for _ in range(UNIT_BITS):
        fraction = fraction * fraction >> _PRECISION
        digit = fraction >> (_PRECISION + 1)
        result, fraction = 2 * result + digit, fraction >> digit
    return result


def log_probabilities(logits: np.ndarray, multiplier: int, shift: int) -> np.ndarray:
    """E27 of one row, int64; m and s bring a difference of logits to 2^-16 of a binary digit."""
    codes = widen(logits)
    coarse, fine = power_tables()
    distance = shift_round((codes.max() - codes) * multiplier, shift)
    below = np.minimum(distance >> UNIT_BITS, _FARTHEST)
    last = (1 << _INDEX_BITS) - 1
    entries = (coarse[distance >> _INDEX_BITS & last] * fine[distance & last]) >> below
    return (2 * _ONE_BITS << UNIT_BITS) - binary_logarithm(int(entries.sum())) - distance
