"""The clamped log-mel front end against Whisper's feature extractor."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.runtime.front_ends.specimens import RATE, WHISPER, speech, within

from earnest.errors import AudioError

transformers: Any = pytest.importorskip("transformers")


@pytest.mark.parametrize("mels", [80, 128])
@pytest.mark.parametrize("count", [16_000, 31_999, 32_000])
def test_whisper(mels: int, count: int) -> None:
    """Its NumPy code keeps a spectrum of float32: power off by 2^-22 at most, log10 / 4 by 2^-25; then log10 below 16
    is rounded to float32 (2^-21), a quarter of that 2^-23, and z below 4 (2^-23).
    """
    extractor = transformers.WhisperFeatureExtractor(feature_size=mels, chunk_length=2)
    samples, front_end = speech(count), replace(WHISPER, mels=mels)
    filled = np.pad(samples, (0, front_end.samples - count))
    (expected,) = extractor._np_extract_fbank_features(filled[None], "cpu")
    assert within(front_end(samples), expected.T, 2.0**-21)
    # Otherwise torch computes in float32: 2^-22 of the loudest amplitude of a frame, which is below 1000 of any other.
    (by_torch,) = extractor(samples, sampling_rate=RATE, return_tensors="np").input_features
    assert within(front_end(samples), by_torch.T, 2.0**-22 * 1000 / 4)


def test_what_is_longer_than_the_model_hears_is_refused() -> None:
    with pytest.raises(AudioError, match=r"too long: this model hears 2 s, got 2\.000 s: cut it"):
        WHISPER(speech(2 * RATE + 1))
    with pytest.raises(AudioError, match="at least 1 sample"):
        WHISPER(speech(0))
    assert (WHISPER.only_frames, WHISPER.frames(1)) == (200, 200)
