"""Sums over windows by one matmul per group, against loops over every element."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from earnest.integer.accumulation import IntegerAccumulation, convolve_by_matmul

RNG = np.random.default_rng(0)


class Watched(IntegerAccumulation):
    """Notes the bounds that it is told."""

    def __init__(self) -> None:
        self.bounds: list[int] = []

    def matmul(self, left: Any, right: Any, bound: int) -> Any:
        """The same, with a note."""
        self.bounds.append(bound)
        return super().matmul(left, right, bound)


def by_loops(x: Any, w: Any, strides: tuple[int, ...], dilations: tuple[int, ...], groups: int) -> Any:
    """E8 as it is written."""
    out, channels, *taps = w.shape
    extents = [
        (size - dilation * (tap - 1) - 1) // stride + 1
        for size, tap, stride, dilation in zip(x.shape[2:], taps, strides, dilations, strict=True)
    ]
    made = np.zeros((x.shape[0], out, *extents), dtype=np.int64)
    for n, o, *p in product(range(x.shape[0]), range(out), *map(range, extents)):
        first = o // (out // groups) * channels
        for c, *k in product(range(channels), *map(range, taps)):
            place = tuple(i * s + j * d for i, j, s, d in zip(p, k, strides, dilations, strict=True))
            made[(n, o, *p)] += int(w[(o, c, *k)]) * int(x[(n, first + c, *place)])
    return made


@pytest.mark.parametrize(
    ("shape", "weight", "strides", "dilations", "groups"),
    [
        ((2, 4, 9), (6, 4, 3), (1,), (1,), 1),
        ((1, 4, 9), (6, 2, 2), (2,), (3,), 2),
        ((1, 3, 7, 6), (3, 1, 2, 3), (1, 2), (2, 1), 3),
    ],
)
def test_sums_over_windows(shape: Any, weight: Any, strides: Any, dilations: Any, groups: int) -> None:
    x, w = RNG.integers(-128, 128, shape, dtype=np.int8), RNG.integers(-127, 128, weight, dtype=np.int8)
    watched = Watched()
    made = convolve_by_matmul(watched, x, w, strides, dilations, groups, 7)
    assert (made == by_loops(x, w, strides, dilations, groups)).all()
    assert watched.bounds == [7]


def test_sums_are_formed_in_64_bits() -> None:
    ones = np.full((1, 3), 2**30, dtype=np.int32)
    assert IntegerAccumulation().matmul(ones, ones.T, 3 * 2**60).tolist() == [[3 * 2**60]]
