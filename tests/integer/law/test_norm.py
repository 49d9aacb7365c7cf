"""What the norms share: roots by what defines them."""

from math import isqrt

from tests.integer import oracle_rows
from tests.integer.libraries import LIBRARIES

from earnest.integer.law.norm import inverse_root


@LIBRARIES
def test_inverse_root_by_value(library):
    """r is the largest integer with r^2 v <= 2^62, and v = floor(V / 4^k) lies in [2^30, 2^32)."""
    edge = {(1 << i) + d for i in range(62) for d in range(-3, 4)} | {r * r for r in range(1, 1 << 31, 98765431)}
    values = sorted(value for value in edge | {(1 << 62) - 1, *range(1, 100)} if 1 <= value < 1 << 62)
    roots, exponents = inverse_root(library(values))
    for value, r, k in zip(values, roots.tolist(), exponents.tolist(), strict=True):
        v = value >> 2 * k if k >= 0 else value << -2 * k
        assert 1 << 30 <= v < 1 << 32
        assert r == isqrt((1 << 62) // v)
        assert r * r * v <= 1 << 62 < (r + 1) ** 2 * v
        assert (r, k) == oracle_rows.inverse_root(value)
