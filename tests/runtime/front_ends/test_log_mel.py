"""The log-mel front end against a slow oracle, against an independent port, and its parameters as data."""

import cmath
import dataclasses
import json
import math
import statistics
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.runtime.front_ends.specimens import RATE, speech, within

from earnest.errors import AudioError, FileError
from earnest.runtime.audio import read_audio
from earnest.runtime.front_ends import filterbank
from earnest.runtime.front_ends.log_mel import NEMO_LOG_MEL, LogMel

LOSSLESS = {"1089-134686-0000": "test-clean", "1688-142285-0000": "test-other"}

SMALL = LogMel(
    sample_rate=8_000,
    pre_emphasis="0.5",
    n_fft=64,
    window=40,
    hop=16,
    mels=12,
    low_hz=100,
    high_hz=4_000,
    log_guard_bits=20,
    std_guard="0.001",
)


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, count).astype(np.float32)


def slaney_hz(mel: float) -> float:
    return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)


def slaney_mel(hz: float) -> float:
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * math.log(hz / 1000, 6.4)


def oracle_energies(samples: list[float], parameters: LogMel, frame: int) -> list[float]:
    """Log-mel energies of one frame from the definition: plain Python, a direct Fourier sum, filter by filter."""
    p = parameters
    emphasised = [x - float(p.pre_emphasis) * before for x, before in zip(samples, [0.0, *samples[:-1]], strict=True)]
    window = [0.0] * p.n_fft
    for i in range(p.window):
        window[(p.n_fft - p.window) // 2 + i] = 0.5 - 0.5 * math.cos(2 * math.pi * i / (p.window - 1))
    times = [frame * p.hop + t - p.n_fft // 2 for t in range(p.n_fft)]
    values = [emphasised[t] * w if 0 <= t < len(samples) else 0.0 for t, w in zip(times, window, strict=True)]
    turn = -2j * math.pi / p.n_fft
    spectrum = [sum(v * cmath.exp(turn * k * t) for t, v in enumerate(values)) for k in range(p.n_fft // 2 + 1)]
    power = [abs(value) ** 2 for value in spectrum]
    low, high = slaney_mel(p.low_hz), slaney_mel(p.high_hz)
    points = [slaney_hz(low + (high - low) * i / (p.mels + 1)) for i in range(p.mels + 2)]
    energies = []
    for left, centre, right in zip(points, points[1:], points[2:], strict=False):
        total = 0.0
        for k, value in enumerate(power):
            hz = k * p.sample_rate / p.n_fft
            if left < hz <= centre:
                total += value * (hz - left) / (centre - left)
            elif centre < hz < right:
                total += value * (right - hz) / (right - centre)
        energies.append(math.log(total * 2 / (right - left) + 2.0**-p.log_guard_bits))
    return energies


@pytest.mark.parametrize("frame", [0, 1, 5, 9])
def test_a_frame_is_what_the_definition_says(frame: int) -> None:
    samples = noise(1_600 + 70)
    expected = oracle_energies([float(x) for x in samples], NEMO_LOG_MEL, frame)
    assert np.abs(NEMO_LOG_MEL.log_energies(samples)[frame] - expected).max() < 1e-9


def test_other_parameters_mean_what_they_say() -> None:
    for parameters in (SMALL, dataclasses.replace(SMALL, window=41), dataclasses.replace(SMALL, n_fft=65, window=40)):
        samples = noise(16 * 7 + 3)
        energies = parameters.log_energies(samples)
        assert energies.shape == (7, 12)
        for frame in range(7):
            expected = oracle_energies([float(x) for x in samples], parameters, frame)
            assert np.abs(energies[frame] - expected).max() < 1e-9


def test_the_normalisation_is_per_feature_and_unbiased() -> None:
    samples = noise(16 * 5)
    columns = SMALL.log_energies(samples).T.tolist()
    expected = [[(x - statistics.mean(c)) / (statistics.stdev(c) + 0.001) for x in c] for c in columns]
    features = SMALL(samples)
    assert features.dtype == np.float32
    assert np.abs(features - np.array(expected).T).max() < 1e-6


@pytest.mark.parametrize("mel", [3, 20, 50, 78])
def test_a_tone_peaks_at_its_mel_filter(mel: int) -> None:
    high = slaney_mel(8_000)
    hertz = slaney_hz(high * (mel + 1) / 81)
    samples = 0.5 * np.sin(2 * np.pi * hertz * np.arange(16_000) / 16_000)
    assert set(NEMO_LOG_MEL.log_energies(samples).argmax(axis=1)[2:-2]) == {mel}


def test_one_frame_for_each_whole_hop() -> None:
    for count in (320, 321, 479, 480, 16_000, 16_159):
        assert NEMO_LOG_MEL(noise(count)).shape == (count // 160, 80)
        assert NEMO_LOG_MEL.frames(count) == count // 160
    assert NEMO_LOG_MEL.frames(159) == 0
    with pytest.raises(AudioError):
        NEMO_LOG_MEL.frames(-1)


@pytest.mark.parametrize("count", [0, 1, 159, 160, 319])
def test_less_than_two_frames_are_refused(count: int) -> None:
    with pytest.raises(AudioError, match=f"too short: expected at least 320 samples .* got {count}$"):
        NEMO_LOG_MEL(noise(count))


def test_silence_is_finite() -> None:
    assert np.abs(NEMO_LOG_MEL(np.zeros(1_600, dtype=np.float32))).max() < 1e-3


def test_what_is_no_recording_is_refused() -> None:
    flat = np.zeros(1_600)
    for samples in (flat.reshape(2, 800), flat.astype(np.int16), flat + np.nan, flat + np.inf):
        with pytest.raises(AudioError):
            NEMO_LOG_MEL(samples)


def test_many_frames_at_once_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = noise(16_000)
    whole = NEMO_LOG_MEL.log_energies(samples)
    monkeypatch.setattr(filterbank, "_FRAMES_AT_ONCE", 7)
    assert np.abs(NEMO_LOG_MEL.log_energies(samples) - whole).max() < 1e-12


@pytest.mark.parametrize(("utterance", "split"), LOSSLESS.items())
def test_agreement_with_an_independent_port(shared_data: Path, utterance: str, split: str) -> None:
    """The third reference, 19-198-0001, was made from the lossless original; the data hold a lossy copy."""
    expected = load_file(shared_data / "reference" / f"{utterance}.safetensors")["features"]
    (path,) = (shared_data / "librispeech" / split).rglob(f"{utterance}.*")
    features = NEMO_LOG_MEL(read_audio(path).samples)
    assert features.shape == expected.shape
    assert np.abs(features - expected).max() < 1e-3


def test_parameters_survive_json_without_a_float() -> None:
    for parameters in (NEMO_LOG_MEL, SMALL):
        section = parameters.to_dict()
        assert {type(value) for value in section.values()} == {int, str}
        assert LogMel.from_dict(json.loads(json.dumps(section))) == parameters
    assert NEMO_LOG_MEL.to_dict() | {"name": "log-mel", "version": 1} == NEMO_LOG_MEL.to_dict()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "fbank"),
        ("name", None),
        ("version", 2),
        ("version", True),
        ("version", 1.0),
        ("sample_rate", 16_000.0),
        ("sample_rate", "16000"),
        ("sample_rate", 0),
        ("hop", 0),
        ("hop", True),
        ("mels", 10**9),
        ("n_fft", 2**40),
        ("n_fft", 399),
        ("high_hz", 8_001),
        ("low_hz", 8_000),
        ("low_hz", -1),
        ("pre_emphasis", 0.97),
        ("pre_emphasis", "0.970"),
        ("pre_emphasis", "1.5"),
        ("pre_emphasis", "nan"),
        ("pre_emphasis", "0.97\n"),
        ("std_guard", "0"),
        ("std_guard", "1e-5"),
        ("log_guard_bits", 1_000),
        ("dither", "0"),
    ],
)
def test_hostile_parameters_are_refused(key: str, value: object) -> None:
    with pytest.raises(FileError, match="front end"):
        LogMel.from_dict(NEMO_LOG_MEL.to_dict() | {key: value})


def test_a_missing_parameter_is_refused() -> None:
    for key in NEMO_LOG_MEL.to_dict():
        section = NEMO_LOG_MEL.to_dict()
        del section[key]
        with pytest.raises(FileError, match="front end"):
            LogMel.from_dict(section)
    with pytest.raises(FileError, match="expected an object"):
        LogMel.from_dict([])  # type: ignore[arg-type]


@pytest.mark.parametrize("mels", [80, 16])
def test_parakeet(mels: int) -> None:
    """By torch in float32: of quiet bins beside loud ones, 2^-24 of the loudest amplitude is lost."""
    transformers = pytest.importorskip("transformers")
    samples = speech(20_000)
    found = transformers.ParakeetFeatureExtractor(feature_size=mels)(samples, sampling_rate=RATE, return_tensors="np")
    expected = found.input_features[0][found.attention_mask[0] == 1]
    assert within(dataclasses.replace(NEMO_LOG_MEL, mels=mels)(samples), expected, 2e-3)
