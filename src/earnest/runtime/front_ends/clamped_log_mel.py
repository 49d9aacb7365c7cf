"""Clamped log-mel front end, version 1: what Whisper reads; declared float, outside the program.

    x[t]    = 0 from the end of the recording up to `samples`;  mirrored at both ends by n_fft / 2
    P[f, k] = | sum_t x[f hop + t - n_fft/2] h[t] e^(-2 pi i k t / n_fft) |^2,   f = 0 .. samples / hop - 1
    E[f, m] = log10 max( sum_k P[f, k] W[k, m], 1e-10 )
    z[f, m] = ( max(E[f, m], max E - 8) + 4 ) / 4

h is the periodic Hann window of n_fft samples, W are Slaney's filters (`filterbank`). These are the features of
the `WhisperFeatureExtractor` of `transformers` [Radford et al. 2022, arXiv:2212.04356, section 2.2]. There is one
length, and a recording that is longer is refused: nothing of it is left out in silence.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from earnest.errors import AudioError, FileError
from earnest.runtime.front_ends.filterbank import energies, frames_of, periodic_hann, slaney_filters
from earnest.runtime.front_ends.front_end import MelFrontEnd
from earnest.runtime.front_ends.parameters import INTEGERS, check_integers, checked, checked_count

_FLOOR, _RANGE, _OFFSET = 1e-10, 8.0, 4.0
_LIMITS = {key: limits for key, limits in INTEGERS.items() if key != "window"} | {"samples": (16, 1 << 26)}
_MOST_FRAMES = 1 << 20


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ClampedLogMel(MelFrontEnd):
    """Parameters of the front end: lengths in samples, frequencies in hertz; `samples` is the length to which every
    recording is filled up. FileError if a value is out of range.
    """

    name = "clamped-log-mel"
    version = 1

    sample_rate: int
    samples: int
    n_fft: int
    hop: int
    mels: int
    low_hz: int
    high_hz: int

    def __post_init__(self) -> None:
        check_integers(self, _LIMITS)
        self.check_spectrum(self.n_fft)
        if self.samples % self.hop or not self.n_fft < self.samples <= _MOST_FRAMES * self.hop:
            raise FileError(
                f"front end: expected samples a multiple of hop, above n_fft and {_MOST_FRAMES} frames at most, got "
                f"{self.samples} with hop {self.hop} and n_fft {self.n_fft}"
            )

    def __call__(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Features, float32 [frames, mels], of one recording at `sample_rate`.

        AudioError: not one axis of finite reals, no sample, or more of them than the model hears.
        """
        count = self.frames(checked(samples))
        if not len(samples):
            raise AudioError("the recording is too short: expected at least 1 sample, got 0")
        around = self.n_fft // 2
        signal = np.zeros(self.samples)
        signal[: len(samples)] = samples
        signal = np.pad(signal, around, mode="reflect")
        filters = slaney_filters(*self.bands)
        frames = frames_of(signal, self.n_fft, self.hop)
        found = energies(frames, count, periodic_hann(self.n_fft), self.n_fft, filters)
        logarithms = np.log10(np.maximum(found, _FLOOR))
        clamped = np.maximum(logarithms, logarithms.max() - _RANGE)
        return ((clamped + _OFFSET) / _OFFSET).astype(np.float32)

    @property
    def only_frames(self) -> int:
        """The one count of frames that there is."""
        return self.samples // self.hop

    def frames(self, samples_count: int) -> int:
        """How many frames a recording of `samples_count` samples has: all recordings the same. AudioError: it is longer
        than the model hears.
        """
        if checked_count(samples_count) > self.samples:
            raise AudioError(
                f"the recording is too long: this model hears {self.samples / self.sample_rate:g} s, got "
                f"{samples_count / self.sample_rate:.3f} s: cut it into shorter recordings"
            )
        return self.only_frames
