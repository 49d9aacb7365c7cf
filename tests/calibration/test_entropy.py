"""Divergence against its definition bin by bin, and the ranges of least divergence."""

import math

import numpy as np
import pytest
import torch

from earnest.calibration.entropy import divergence
from earnest.calibration.histogram import BINS, Extremes, Histogram
from earnest.calibration.ranges import choose
from earnest.numerics.grid import grid_of_range


def histogram(data: np.ndarray) -> Histogram:
    values, seen = torch.from_numpy(data).float(), Extremes()
    seen.observe_("x", values)
    counted = Histogram.over(seen)
    counted.observe_(values)
    return counted


NORMAL = np.random.default_rng(1).standard_normal(20000)


def plainly(counted: Histogram, low: float, high: float, bits: int) -> float:
    """The definition, one bin after the other."""
    grid = grid_of_range(low, high, bits=bits, symmetric=True)
    inside: list[tuple[int, float]] = []
    below = above = 0.0
    for centre, count in zip(counted.centres, counted.counts, strict=True):
        code = math.floor(centre / grid.scale + 0.5)
        if code < grid.codes[0]:
            below += count
        elif code > grid.codes[1]:
            above += count
        elif count:
            inside.append((code, float(count)))
    p = [count for _, count in inside]
    p[0] += below
    p[-1] += above
    groups: dict[int, list[float]] = {}
    for code, count in inside:
        groups.setdefault(code, []).append(count)
    q = [sum(groups[code]) / len(groups[code]) for code, _ in inside]
    return sum(a / sum(p) * math.log(a / sum(p) * sum(q) / b) for a, b in zip(p, q, strict=True))


@pytest.mark.parametrize("bits", [3, 8])
@pytest.mark.parametrize("reach", [0.5, 2.0, 5.0])
def test_it_is_the_definition(bits: int, reach: float) -> None:
    counted = histogram(NORMAL)
    found = divergence(counted, grid_of_range(-reach, reach, bits=bits, symmetric=True))
    assert found == pytest.approx(plainly(counted, -reach, reach, bits), rel=1e-9)
    assert found > 0


def test_a_code_for_each_bin_loses_nothing() -> None:
    counted = histogram(NORMAL)
    assert divergence(counted, grid_of_range(-5, 5, bits=16, symmetric=True)) == pytest.approx(0, abs=1e-12)
    assert choose(counted, "kl", bits=16, symmetric=False, function=None) == (counted.low, counted.high)


def test_nothing_inside_is_infinite() -> None:
    assert divergence(histogram(NORMAL + 100), grid_of_range(-1, 1, bits=8, symmetric=True)) == float("inf")


def test_it_clips_a_far_value_and_not_a_cluster() -> None:
    """One in 20 001 is given up at 4 bits; a tenth of the values at the same place is not."""
    alone = choose(histogram(np.append(NORMAL, 60.0)), "kl", bits=4, symmetric=False, function=None)
    many = choose(histogram(np.append(NORMAL, np.full(2000, 60.0))), "kl", bits=4, symmetric=False, function=None)
    assert alone[1] < 20
    assert many[1] > 50


@pytest.mark.parametrize("bits", [3, 4, 8])
def test_no_shrinking_of_both_ends_loses_less(bits: int) -> None:
    counted = histogram(NORMAL)
    low, high = choose(counted, "kl", bits=bits, symmetric=True, function=None)
    best = divergence(counted, grid_of_range(low, high, bits=bits, symmetric=True))
    assert len(counted.counts) == BINS
    for fraction in np.linspace(0.2, 1, 41):
        grid = grid_of_range(counted.low * fraction, counted.high * fraction, bits=bits, symmetric=True)
        assert best <= divergence(counted, grid) + 1e-12
