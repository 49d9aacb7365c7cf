"""Range choice: from a histogram to the lowest and highest real value that a grid shall reach.

`extremes` reaches everything seen. `percentile` leaves 1 value in 10^4 out at each end [Wu 2020, arXiv:2004.09602,
sec. 5.2]. `squared-error` minimises the expected squared error of rounding and clipping together [Choukroun 2019,
arXiv:1902.06822].
"""

from collections.abc import Callable

import numpy as np

from earnest.calibration.histogram import Histogram
from earnest.errors import CalibrationError
from earnest.numerics.grid import grid_of_range, quantize

_TAIL = 1e-4
_FRACTIONS = np.linspace(0.2, 1.0, 41)

Range = tuple[float, float]


def extremes(histogram: Histogram, *, bits: int, symmetric: bool) -> Range:
    """Everything that was seen."""
    del bits, symmetric
    return histogram.low, histogram.high


def percentile(histogram: Histogram, *, bits: int, symmetric: bool) -> Range:
    """The range between the 0.01th and the 99.99th percentile."""
    del bits, symmetric
    total = histogram.counts.sum()
    if total == 0:
        return histogram.low, histogram.high
    cumulative = np.cumsum(histogram.counts) / total
    centres = histogram.centres
    first, last = np.searchsorted(cumulative, _TAIL), np.searchsorted(cumulative, 1 - _TAIL)
    return float(centres[first]), float(centres[min(last, len(centres) - 1)])


def squared_error(histogram: Histogram, *, bits: int, symmetric: bool) -> Range:
    """The range of least expected squared error: both ends shrunk together first, then each alone."""
    centres, weights = histogram.centres, histogram.counts
    if weights.sum() == 0:
        return histogram.low, histogram.high

    def error(low: float, high: float) -> float:
        grid = grid_of_range(low, high, bits=bits, symmetric=symmetric)
        real = (quantize(centres, grid) - grid.zero_point) * grid.scale
        return float((weights * (centres - real) ** 2).sum())

    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)
    best = min(_FRACTIONS, key=lambda f: error(low * f, high * f))
    low, high = low * best, high * best
    if not symmetric:
        high *= min(_FRACTIONS, key=lambda f: error(low, high * f))
        low *= min(_FRACTIONS, key=lambda f: error(low * f, high))
    return float(low), float(high)


METHODS: dict[str, Callable[..., Range]] = {
    "extremes": extremes,
    "percentile": percentile,
    "squared-error": squared_error,
}


def choose(histogram: Histogram, method: str, *, bits: int, symmetric: bool) -> Range:
    """The range that a method chooses."""
    if method not in METHODS:
        raise CalibrationError(f"expected a range method of {sorted(METHODS)}, got {method!r}")
    return METHODS[method](histogram, bits=bits, symmetric=symmetric)
