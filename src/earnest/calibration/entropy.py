"""Entropy: how much of a histogram is lost by a grid, as the divergence of what the grid leaves of it.

    P = the counts inside the range, what is clipped added to the outermost of them
    Q = the counts inside, those of each code spread evenly over its bins that are not empty
    D = sum P log (P / Q)            P and Q divided by their sums          [Migacz 2017, 8-bit inference with TensorRT]

Q lacks what is clipped, so that clipping costs; and a code that many unlike bins share costs. How far off a value is
that was clipped plays no part.
"""

import numpy as np

from earnest.calibration.histogram import Histogram
from earnest.numerics.grid import Grid


def divergence(histogram: Histogram, grid: Grid) -> float:
    """D in nats; infinite where nothing is inside the range."""
    counts = histogram.counts
    codes = np.floor(histogram.centres / grid.scale + 0.5).astype(np.int64) + grid.zero_point
    low, high = grid.codes
    occupied = np.flatnonzero((codes >= low) & (codes <= high) & (counts > 0))
    if len(occupied) == 0:
        return float("inf")
    inside, first, last = counts[occupied], occupied[0], occupied[-1]
    wanted = inside.copy()
    wanted[0] += counts[:first].sum()
    wanted[-1] += counts[last + 1 :].sum()
    shared = codes[occupied] - low
    totals = np.bincount(shared, weights=inside)[shared] / np.bincount(shared)[shared]
    wanted, left = wanted / wanted.sum(), totals / totals.sum()
    return float((wanted * np.log(wanted / left)).sum())
