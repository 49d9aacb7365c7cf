"""The waveform front end against plain Python, and its parameters as data."""

import math
from typing import Any

import numpy as np
import pytest

from earnest.errors import AudioError, FileError
from earnest.runtime.front_ends.catalogue import front_end_of
from earnest.runtime.front_ends.waveform import Waveform

NORMALISED = Waveform(sample_rate=16_000, normalised=True, variance_guard="0.0000001")
PLAIN = Waveform(sample_rate=8_000, normalised=False, variance_guard="0.0000001")


def test_normalised_samples_have_no_mean_and_unit_variance() -> None:
    samples = np.random.default_rng(0).normal(0.3, 0.02, 4001).astype(np.float32)
    values = [float(sample) for sample in samples]
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values) + 1e-7)
    expected = [(value - mean) / deviation for value in values]
    assert max(map(abs, expected)) < 4
    np.testing.assert_allclose(NORMALISED(samples), expected, rtol=0, atol=2.0**-22)  # rounding of float32 below 4
    assert NORMALISED(samples).dtype == np.float32


def test_silence_stays_silence_and_plain_samples_stay_themselves() -> None:
    assert not NORMALISED(np.zeros(50, dtype=np.float32)).any()
    samples = np.linspace(-1, 1, 77, dtype=np.float32)
    assert np.array_equal(PLAIN(samples), samples)
    assert (PLAIN.frames(77), PLAIN.hop, PLAIN.features) == (77, 1, None)


@pytest.mark.parametrize(
    "samples", [np.zeros(0, dtype=np.float32), np.zeros((2, 3)), np.array([1, 2]), np.array([0.1, np.nan])]
)
def test_what_is_no_recording_is_refused(samples: np.ndarray) -> None:
    with pytest.raises(AudioError):
        NORMALISED(samples)
    with pytest.raises(AudioError, match="count of samples"):
        NORMALISED.frames(-1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "cepstra"}, "expected one of .*log-mel.*waveform.*, got 'cepstra'"),
        ({"version": 2}, "version 1, got 'waveform' version 2"),
        ({"version": True}, "version 1"),
        ({"sample_rate": 999}, "sample_rate an integer from 1000"),
        ({"normalised": 1}, "normalised true or false"),
        ({"variance_guard": "0"}, "variance_guard above 0, got 0"),
        ({"variance_guard": 0.1}, "variance_guard a decimal string"),
        ({"extra": 1}, "expected the keys"),
    ],
)
def test_a_section_that_is_wrong_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(FileError, match=message):
        front_end_of(NORMALISED.to_dict() | change)
