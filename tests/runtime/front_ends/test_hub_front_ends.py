"""Front ends of the models of `transformers` against its feature extractors, and their parameters as data."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from earnest.errors import AudioError, FileError
from earnest.runtime.front_ends.catalogue import front_end_of
from earnest.runtime.front_ends.clamped_log_mel import ClampedLogMel
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.front_ends.kaldi_fbank import KaldiFbank
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL

transformers: Any = pytest.importorskip("transformers")

RATE = 16_000
WHISPER = ClampedLogMel(sample_rate=RATE, samples=2 * RATE, n_fft=400, hop=160, mels=80, low_hz=0, high_hz=8_000)
SPEECH2TEXT = KaldiFbank(
    sample_rate=RATE,
    pre_emphasis="0.97",
    n_fft=512,
    window=400,
    step=160,
    mels=80,
    low_hz=20,
    high_hz=8_000,
    centred=True,
    scaled=True,
    unbiased=False,
    variance_guard="0",
    stacked=1,
)
SEAMLESS = replace(SPEECH2TEXT, unbiased=True, variance_guard="0.0000001", stacked=2)


def speech(count: int, seed: int = 0) -> np.ndarray:
    """A gliding tone in noise, loud and quiet by turns."""
    generator, time = np.random.default_rng(seed), np.arange(count) / RATE
    loudness = 0.02 + 0.3 * np.sin(3 * np.pi * time) ** 2
    tone = np.sin(2 * np.pi * (200 + 900 * time) * time)
    return (loudness * tone + 0.01 * generator.standard_normal(count)).astype(np.float32)


def within(found: np.ndarray, expected: np.ndarray, bound: float) -> bool:
    """Whether two arrays of one shape are nowhere further apart."""
    return found.shape == expected.shape and float(np.abs(found - expected).max()) <= bound


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


@pytest.mark.parametrize("mels", [80, 16])
def test_parakeet(mels: int) -> None:
    """By torch in float32: of quiet bins beside loud ones, 2^-24 of the loudest amplitude is lost."""
    samples = speech(20_000)
    found = transformers.ParakeetFeatureExtractor(feature_size=mels)(samples, sampling_rate=RATE, return_tensors="np")
    assert within(
        replace(NEMO_LOG_MEL, mels=mels)(samples), found.input_features[0][found.attention_mask[0] == 1], 2e-3
    )


def test_what_is_longer_than_the_model_hears_is_refused() -> None:
    with pytest.raises(AudioError, match=r"too long: this model hears 2 s, got 2\.000 s: cut it"):
        WHISPER(speech(2 * RATE + 1))
    with pytest.raises(AudioError, match="at least 1 sample"):
        WHISPER(speech(0))
    assert (WHISPER.only_frames, WHISPER.frames(1)) == (200, 200)


def test_what_has_no_deviation_is_refused() -> None:
    silence = np.zeros(RATE, dtype=np.float32)
    with pytest.raises(AudioError, match="the recording is silent"):
        SPEECH2TEXT(silence)
    assert float(np.abs(SEAMLESS(silence)).max()) < 1e-6
    with pytest.raises(AudioError, match="at least 560 samples at 16000 Hz, 2 windows, got 559"):
        SEAMLESS(speech(559))


@pytest.mark.parametrize("front_end", [WHISPER, SPEECH2TEXT, SEAMLESS])
def test_a_section_is_read_back_without_a_float(front_end: FrontEnd) -> None:
    section = front_end.to_dict()
    assert {type(value) for value in section.values()} <= {int, str, bool}
    assert front_end_of(json.loads(json.dumps(section))) == front_end
    for key in section:
        with pytest.raises(FileError, match="front end"):
            front_end_of({name: value for name, value in section.items() if name != key})


@pytest.mark.parametrize(
    ("front_end", "key", "value"),
    [
        (WHISPER, "version", 2),
        (WHISPER, "samples", 2 * RATE + 1),
        (WHISPER, "samples", 400),
        (WHISPER, "samples", 1 << 40),
        (WHISPER, "samples", 32_000.0),
        (WHISPER, "hop", 0),
        (WHISPER, "n_fft", 1 << 40),
        (WHISPER, "mels", True),
        (WHISPER, "high_hz", 8_001),
        (WHISPER, "floor", 1),
        (SPEECH2TEXT, "version", 0),
        (SPEECH2TEXT, "stacked", 0),
        (SPEECH2TEXT, "stacked", 1 << 20),
        (SPEECH2TEXT, "step", "160"),
        (SPEECH2TEXT, "window", 513),
        (SPEECH2TEXT, "low_hz", 8_000),
        (SPEECH2TEXT, "pre_emphasis", 0.97),
        (SPEECH2TEXT, "variance_guard", "1e-7"),
        (SPEECH2TEXT, "unbiased", 0),
        (SPEECH2TEXT, "centred", "true"),
        (SPEECH2TEXT, "hop", 160),
    ],
)
def test_hostile_parameters_are_refused(front_end: FrontEnd, key: str, value: object) -> None:
    with pytest.raises(FileError, match="front end: expected"):
        front_end_of(front_end.to_dict() | {key: value})
