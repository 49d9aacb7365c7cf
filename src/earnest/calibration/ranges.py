"""Range choice: from a histogram to the lowest and highest real value that a grid shall reach.

`extremes` reaches everything seen. `percentile` leaves 1 value in 10^4 out at each end [Wu 2020, arXiv:2004.09602,
sec. 5.2]. `squared-error` minimises the expected squared error of rounding and clipping together [Choukroun 2019,
arXiv:1902.06822]; `fourth-power` the fourth power, which clips less: what lies far out is rarely noise, but a channel.
`kl` minimises the divergence between what was seen and what the grid leaves of it (`entropy.py`). `by-output` takes, of
all these, the range whose error adds least to the squared error of the products that read the codes (`importance.py`);
where other operators read them too, the range of least squared error of the values themselves.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float64

from earnest.calibration.entropy import divergence
from earnest.calibration.histogram import Histogram
from earnest.errors import CalibrationError
from earnest.numerics.grid import Grid, dequantize, grid_of_range, quantize
from earnest.numerics.table import Pointwise

_TAIL = 1e-4
_FRACTIONS = np.concatenate([np.linspace(0.0, 0.2, 11)[:-1], np.linspace(0.2, 1.0, 41)])

Range = tuple[float, float]


def extremes(histogram: Histogram, *, bits: int, symmetric: bool, function: Pointwise | None) -> Range:
    """Everything that was seen."""
    del bits, symmetric, function
    return histogram.low, histogram.high


def percentile(histogram: Histogram, *, bits: int, symmetric: bool, function: Pointwise | None) -> Range:
    """The range between the 0.01th and the 99.99th percentile."""
    del bits, symmetric, function
    total = histogram.counts.sum()
    if total == 0:
        return histogram.low, histogram.high
    cumulative = np.cumsum(histogram.counts) / total
    centres = histogram.centres
    first, last = np.searchsorted(cumulative, _TAIL), np.searchsorted(cumulative, 1 - _TAIL)
    return float(centres[first]), float(centres[min(last, len(centres) - 1)])


def least_error(histogram: Histogram, *, bits: int, symmetric: bool, function: Pointwise | None, power: int) -> Range:
    """The range of least expected |error|^power.

    Where a function is all that reads the codes, its result is what must not err: what ReLU sets to 0 needs no code.
    """
    return _shrunk(
        histogram,
        lambda grid: _error(histogram, histogram.counts, grid, function=function, power=power),
        bits=bits,
        symmetric=symmetric,
    )


def least_divergence(histogram: Histogram, *, bits: int, symmetric: bool, function: Pointwise | None) -> Range:
    """The range that loses least of the distribution of the values; what reads them plays no part."""
    del function
    return _shrunk(histogram, lambda grid: divergence(histogram, grid), bits=bits, symmetric=symmetric)


def by_output(histogram: Histogram, *, bits: int, symmetric: bool, function: Pointwise | None) -> Range:
    """Of the ranges that the other methods choose, the one whose error counts least for what reads the codes."""
    counts = histogram.importance if histogram.importance.any() else histogram.counts

    def error(found: Range) -> float:
        grid = grid_of_range(*found, bits=bits, symmetric=symmetric)
        return _error(histogram, counts, grid, function=function, power=2)

    candidates = [method(histogram, bits=bits, symmetric=symmetric, function=function) for method in _PLAIN.values()]
    return min(candidates, key=error)


def _error(
    histogram: Histogram,
    counts: Float64[np.ndarray, " bins"],
    grid: Grid,
    *,
    function: Pointwise | None,
    power: int,
) -> float:
    read = function if function is not None else lambda x: x
    centres = histogram.centres
    return float((counts * np.abs(read(centres) - read(dequantize(quantize(centres, grid), grid))) ** power).sum())


def _shrunk(histogram: Histogram, cost: Callable[[Grid], float], *, bits: int, symmetric: bool) -> Range:
    """The range whose grid costs least: both ends shrunk together first, then each alone."""
    if histogram.counts.sum() == 0:
        return histogram.low, histogram.high

    def of(low: float, high: float) -> float:
        return cost(grid_of_range(low, high, bits=bits, symmetric=symmetric))

    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)
    best = min(_FRACTIONS, key=lambda f: of(low * f, high * f))
    low, high = low * best, high * best
    if not symmetric:
        low *= min(_FRACTIONS, key=lambda f: of(low * f, high))
        high *= min(_FRACTIONS, key=lambda f: of(low, high * f))
    return float(low), float(high)


_PLAIN: dict[str, Callable[..., Range]] = {
    "extremes": extremes,
    "percentile": percentile,
    "squared-error": partial(least_error, power=2),
    "fourth-power": partial(least_error, power=4),
    "kl": least_divergence,
}

METHODS: dict[str, Callable[..., Range]] = {**_PLAIN, "by-output": by_output}

NEED_COUNTS = frozenset(METHODS) - {"extremes"}
"""Methods that look at how often a value occurs, and not only at the least and the greatest."""

NEED_IMPORTANCE = frozenset({"by-output"})
"""Methods that ask what reads the values."""


def choose(histogram: Histogram, method: str, *, bits: int, symmetric: bool, function: Pointwise | None) -> Range:
    """The range that a method chooses; `function` is that of the table that alone reads the codes, if one does."""
    if method not in METHODS:
        raise CalibrationError(f"expected a range method of {sorted(METHODS)}, got {method!r}")
    return METHODS[method](histogram, bits=bits, symmetric=symmetric, function=function)
