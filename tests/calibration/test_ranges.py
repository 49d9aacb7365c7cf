"""Ranges against brute force on synthetic data."""

import numpy as np
import pytest
from tests.calibration.data import DATA, EVERY, histogram

from earnest.calibration import ranges
from earnest.calibration.histogram import BINS, Histogram
from earnest.calibration.ranges import METHODS
from earnest.errors import CalibrationError
from earnest.numerics.table import Pointwise

SETTINGS = [(bits, symmetric) for bits in (2, 3, 4, 8) for symmetric in (False, True)]


LEAST = {"squared-error": 2, "fourth-power": 4}


def choose(counted: Histogram, method: str, *, bits: int, symmetric: bool) -> tuple[float, float]:
    """A range for values that are read as they are."""
    return ranges.choose(counted, method, bits=bits, symmetric=symmetric, function=None)


def rounding(data: np.ndarray, low: float, high: float, bits: int, symmetric: bool) -> np.ndarray:
    """Distance of each number to its nearest code, every code tried."""
    low, high = min(low, 0.0), max(high, 0.0)
    if symmetric:
        scale = max(max(-low, high) / (2 ** (bits - 1) - 1), 2.0**-40)
        codes = np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1)) * scale
    else:
        scale = max((high - low) / (2**bits - 1), 2.0**-40)
        zero = min(max(int(np.floor(-low / scale + 0.5)), 0), 2**bits - 1)
        codes = (np.arange(2**bits) - zero) * scale
    return np.abs(data[:, None] - codes).min(axis=1)


def mean_error(data: np.ndarray, found: tuple[float, float], bits: int, symmetric: bool, power: int = 2) -> float:
    """The norm that a method minimises: (mean |error|^p)^(1/p)."""
    return float(np.mean(rounding(data, *found, bits, symmetric) ** power) ** (1 / power))


@EVERY
@pytest.mark.parametrize(("bits", "symmetric"), SETTINGS)
def test_extremes_are_the_extremes(name: str, bits: int, symmetric: bool) -> None:
    data = DATA[name].astype(np.float32)
    assert choose(histogram(data), "extremes", bits=bits, symmetric=symmetric) == (data.min(), data.max())


@EVERY
def test_a_percentile_leaves_one_in_ten_thousand_out_at_each_end(name: str) -> None:
    """By sorting: within the bin of the right number, the count beyond it is the share asked for."""
    data = np.sort(DATA[name].astype(np.float32).astype(np.float64))
    low, high = choose(histogram(data), "percentile", bits=8, symmetric=False)
    width = (data[-1] - data[0]) / BINS
    assert np.mean(data < low - 0.51 * width) <= 1e-4
    assert np.mean(data > high + 0.51 * width) <= 1e-4
    assert np.mean(data <= low + 0.51 * width) >= 1e-4
    assert np.mean(data >= high - 0.51 * width) >= 1e-4 - 1e-12


@EVERY
@pytest.mark.parametrize("method", LEAST)
@pytest.mark.parametrize(("bits", "symmetric"), SETTINGS)
def test_the_least_error_is_never_worse_than_that_of_the_extremes(
    name: str, method: str, bits: int, symmetric: bool
) -> None:
    """The distance to a grid changes no faster than the number: bins of width w add at most w / 2 on either side."""
    data = DATA[name].astype(np.float32).astype(np.float64)[::10]
    counted = histogram(data)
    found = choose(counted, method, bits=bits, symmetric=symmetric)
    width = (counted.high - counted.low) / BINS
    best = mean_error(data, found, bits, symmetric, LEAST[method])
    assert best <= mean_error(data, (data.min(), data.max()), bits, symmetric, LEAST[method]) + width


@EVERY
@pytest.mark.parametrize("method", LEAST)
@pytest.mark.parametrize(("bits", "symmetric"), [(3, False), (4, True), (4, False)])
def test_no_shrinking_of_both_ends_together_is_better(name: str, method: str, bits: int, symmetric: bool) -> None:
    """A search on the data themselves, every code tried, over the fractions that the method promises to try."""
    data = DATA[name].astype(np.float32).astype(np.float64)[::10]
    counted = histogram(data)
    found = choose(counted, method, bits=bits, symmetric=symmetric)
    ends = (min(data.min(), 0.0), max(data.max(), 0.0))
    fractions = np.linspace(0.2, 1, 41)
    errors = [mean_error(data, (ends[0] * f, ends[1] * f), bits, symmetric, LEAST[method]) for f in fractions]
    width = (counted.high - counted.low) / BINS
    assert mean_error(data, found, bits, symmetric, LEAST[method]) <= min(errors) + width


def test_a_higher_power_clips_less() -> None:
    data = DATA["heavy tails"]
    two, four = (choose(histogram(data), method, bits=4, symmetric=True) for method in LEAST)
    assert four[1] > 1.2 * two[1]


def test_what_a_relu_sets_to_zero_gets_no_codes() -> None:
    data = np.append(DATA["normal"] - 1, [-40.0])
    plain = ranges.choose(histogram(data), "fourth-power", bits=8, symmetric=False, function=None)
    read = ranges.choose(histogram(data), "fourth-power", bits=8, symmetric=False, function=Pointwise("relu"))
    assert plain[0] < -20
    assert read[0] > -4
    assert read[1] == pytest.approx(data.max(), rel=0.2)


@pytest.mark.parametrize("method", LEAST)
def test_the_error_is_that_of_the_function_which_reads_the_codes(method: str) -> None:
    """A sigmoid is flat far out: no shrinking of both ends is better for its result, on the bins themselves."""
    counted = histogram(np.append(DATA["normal"] * 3, [-60.0, 25.0]))

    def error(low: float, high: float) -> float:
        scale = (high - low) / 15
        codes = (np.arange(16) - np.floor(-low / scale + 0.5)) * scale
        nearest = codes[np.abs(counted.centres[:, None] - codes).argmin(axis=1)]
        off = 1 / (1 + np.exp(-counted.centres)) - 1 / (1 + np.exp(-nearest))
        return float((counted.counts * np.abs(off) ** LEAST[method]).sum())

    found = ranges.choose(counted, method, bits=4, symmetric=False, function=Pointwise("sigmoid"))
    best = min(error(counted.low * f, counted.high * f) for f in np.linspace(0.02, 1, 50))
    assert error(*found) <= best * (1 + 2**-30)


@pytest.mark.parametrize(("bits", "symmetric"), [(4, False), (4, True), (3, False)])
def test_an_outlier_is_clipped(bits: int, symmetric: bool) -> None:
    """One in 20 001, 60 deviations out: at 4 bits the extremes spend a step of 4 on it."""
    data = DATA["outlier"]
    low, high = choose(histogram(data), "squared-error", bits=bits, symmetric=symmetric)
    assert max(-low, high) < 40
    assert mean_error(data, (low, high), bits, symmetric) < 0.9 * mean_error(
        data, (data.min(), data.max()), bits, symmetric
    )


def test_affine_clips_each_end_on_its_own_and_symmetric_both() -> None:
    """The outlier stands above; the values below need all of their range, which the affine grid keeps."""
    data = np.concatenate([DATA["one-sided"] * -1, [30.0]])
    low, high = choose(histogram(data), "squared-error", bits=4, symmetric=False)
    assert high < 10
    assert low < -3
    symmetric = choose(histogram(data), "squared-error", bits=4, symmetric=True)
    assert symmetric[1] / 30.0 == pytest.approx(symmetric[0] / data.astype(np.float32).min())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("constant", [0.0, 5.0, -0.25])
@pytest.mark.parametrize("symmetric", [False, True])
def test_a_constant_keeps_its_value(method: str, constant: float, symmetric: bool) -> None:
    found = choose(histogram(np.full(100, constant)), method, bits=8, symmetric=symmetric)
    assert found == (constant, constant)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_data_does_not_matter(method: str) -> None:
    data = DATA["heavy tails"]
    shuffled = np.random.default_rng(5).permutation(data)
    settings = {"bits": 4, "symmetric": False}
    assert choose(histogram(data), method, **settings) == choose(histogram(shuffled, 9), method, **settings)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(CalibrationError, match=r"expected a range method of .*'percentile'.*got 'best'"):
        choose(histogram(DATA["normal"]), "best", bits=8, symmetric=False)
