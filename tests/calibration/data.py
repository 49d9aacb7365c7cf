"""Synthetic data, and their histograms."""

import numpy as np
import pytest
import torch

from earnest.calibration.histogram import Extremes, Histogram

RNG = np.random.default_rng(0)


DATA: dict[str, np.ndarray] = {
    "normal": RNG.standard_normal(20000),
    "outlier": np.append(RNG.standard_normal(20000), 60.0),
    "one-sided": np.abs(RNG.standard_normal(20000)) + 2.0,
    "negative": -np.exp(RNG.standard_normal(20000)),
    "two points": RNG.choice([-1.0, 3.0], 5000),
    "heavy tails": RNG.standard_t(2.5, 20000),
    "tiny": 1e-9 * RNG.standard_normal(5000),
}


EVERY = pytest.mark.parametrize("name", DATA)


def histogram(data: np.ndarray, parts: int = 1) -> Histogram:
    tensors = [torch.from_numpy(part).float() for part in np.array_split(data, parts)]
    seen = Extremes()
    for tensor in tensors:
        seen.observe_("x", tensor)
    counted = Histogram.over(seen)
    for tensor in tensors:
        counted.observe_(tensor)
    return counted
