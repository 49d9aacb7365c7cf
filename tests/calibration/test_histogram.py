"""Histograms and extremes count everything that was seen."""

import numpy as np
import pytest
import torch
from tests.calibration.data import DATA, EVERY, histogram

from earnest.calibration.histogram import BINS, Extremes
from earnest.errors import CalibrationError


@EVERY
@pytest.mark.parametrize("parts", [1, 7])
def test_a_histogram_counts_everything_that_was_seen(name: str, parts: int) -> None:
    data = DATA[name].astype(np.float32)
    counted = histogram(data, parts)
    assert counted.counts.sum() == len(data)
    assert (counted.low, counted.high) == (data.min(), data.max())
    width = (float(data.max()) - float(data.min())) / BINS
    assert counted.centres[0] == pytest.approx(counted.low + width / 2)
    assert counted.centres[-1] == pytest.approx(counted.high - width / 2)
    assert abs(float((counted.counts * counted.centres).sum()) - float(data.astype(np.float64).sum())) <= width * len(
        data
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_refused_by_name(bad: float) -> None:
    with pytest.raises(CalibrationError, match=r"^encoder\.out: .* not finite"):
        Extremes().observe_("encoder.out", torch.tensor([0.0, bad, 1.0]))


def test_extremes_know_whether_they_saw_anything() -> None:
    seen = Extremes()
    assert not seen.seen
    seen.observe_("x", torch.tensor([3.0]))
    assert seen.seen
    seen.observe_("x", torch.tensor([-1.0, 2.0]))
    assert (seen.low, seen.high) == (-1.0, 3.0)
