"""Kaldi's filter banks against the feature extractors of Speech2Text and of W2v-BERT."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.runtime.front_ends.specimens import RATE, SEAMLESS, SPEECH2TEXT, speech, within

from earnest.errors import AudioError

transformers: Any = pytest.importorskip("transformers")


@pytest.mark.parametrize("mels", [80, 40])
@pytest.mark.parametrize(("means", "variances"), [(True, True), (True, False), (False, True)])
def test_speech2text(mels: int, means: bool, variances: bool) -> None:
    """Logarithms below 32 are float32 (2^-20), and so are mean and deviation, from pairwise sums: some roundings more;
    deviations are above 1/4.
    """
    extractor = transformers.Speech2TextFeatureExtractor(
        num_mel_bins=mels, feature_size=mels, normalize_means=means, normalize_vars=variances
    )
    samples = speech(24_123)
    front_end = replace(SPEECH2TEXT, mels=mels, centred=means, scaled=variances)
    (expected,) = extractor(samples, sampling_rate=RATE, return_tensors="np").input_features
    assert front_end.log_energies(samples).std(axis=0).min() > 0.25
    assert within(front_end(samples), expected, 2.0**-15)


@pytest.mark.parametrize("count", [24_000, 24_160])
def test_w2v_bert(count: int) -> None:
    """As above; a frame that is half padding is masked there, and none here."""
    samples = speech(count)
    found = transformers.SeamlessM4TFeatureExtractor()(samples, sampling_rate=RATE, return_tensors="np")
    assert within(SEAMLESS(samples), found.input_features[0][found.attention_mask[0] == 1], 2.0**-15)
    assert SEAMLESS.frames(count) == len(SEAMLESS(samples)) == (1 + (count - 400) // 160) // 2


def test_what_has_no_deviation_is_refused() -> None:
    silence = np.zeros(RATE, dtype=np.float32)
    with pytest.raises(AudioError, match="the recording is silent"):
        SPEECH2TEXT(silence)
    assert float(np.abs(SEAMLESS(silence)).max()) < 1e-6
    with pytest.raises(AudioError, match="at least 560 samples at 16000 Hz, 2 windows, got 559"):
        SEAMLESS(speech(559))
