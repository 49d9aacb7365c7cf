"""Front ends of models of `transformers`, and speech to hear."""

from dataclasses import replace

import numpy as np

from earnest.runtime.front_ends.clamped_log_mel import ClampedLogMel
from earnest.runtime.front_ends.kaldi_fbank import KaldiFbank

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
