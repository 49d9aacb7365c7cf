"""Kaldi's filter banks as a front end, version 1: what Speech2Text and W2v-BERT read; declared float, outside the
program.

    x[f, t] = 2^15 x[f step + t],   t = 0 .. window - 1,  f = 0 .. floor((samples - window) / step)    whole windows
    d[f, t] = x[f, t] - mean_t x[f, .]
    y[f, t] = d[f, t] - a d[f, t-1],   y[f, 0] = (1 - a) d[f, 0]                                       pre-emphasis
    E[f, m] = ln max( sum_k | sum_t y[f, t] h[t] e^(-2 pi i k t / n_fft) |^2 W[k, m], 2^-23 )
    z[f, m] = (E[f, m] - mean_f E[., m]) / sqrt(var_f E[., m] + c)

h is the Povey window, W are Kaldi's filters (`filterbank`) [Povey et al. 2011]. The mean is taken away where
`centred`, the division made where `scaled`; var divides by F - 1 where `unbiased`, else by F. Then `stacked`
consecutive frames lie side by side as one; a rest of fewer is left out. These are the features of the feature
extractors `Speech2TextFeatureExtractor` and `SeamlessM4TFeatureExtractor` of `transformers`.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from earnest.errors import AudioError
from earnest.runtime.front_ends.filterbank import energies, frames_of, kaldi_filters, povey
from earnest.runtime.front_ends.front_end import MelFrontEnd
from earnest.runtime.front_ends.parameters import (
    INTEGERS,
    check_booleans,
    check_decimals,
    check_integers,
    checked,
    checked_count,
)

_AMPLITUDE, _FLOOR = 2.0**15, 2.0**-23
_LIMITS = {"step" if key == "hop" else key: limits for key, limits in INTEGERS.items()} | {"stacked": (1, 64)}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class KaldiFbank(MelFrontEnd):
    """Parameters of the front end: lengths in samples, frequencies in hertz, reals as decimal strings such as "0.97";
    `step` is from one window to the next. FileError if a value is out of range.
    """

    name = "kaldi-fbank"
    version = 1

    sample_rate: int
    pre_emphasis: str
    n_fft: int
    window: int
    step: int
    mels: int
    low_hz: int
    high_hz: int
    centred: bool
    scaled: bool
    unbiased: bool
    variance_guard: str
    stacked: int

    def __post_init__(self) -> None:
        check_integers(self, _LIMITS)
        check_booleans(self, "centred", "scaled", "unbiased")
        check_decimals(self, "pre_emphasis", "variance_guard")
        self.check_spectrum(self.window)

    def __call__(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Features, float32 [frames, mels times stacked], of one recording at `sample_rate`.

        AudioError: not one axis of finite reals, shorter than two windows, or a feature that never changes where there
        is no guard: digital silence, which has no deviation to divide by.
        """
        found = self._normalised(self.log_energies(samples)).astype(np.float32)
        count = len(found) // self.stacked
        return found[: count * self.stacked].reshape(count, self.features)

    @property
    def features(self) -> int:
        """Features of one frame of the program."""
        return self.mels * self.stacked

    @property
    def hop(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Samples from one frame of the program to the next."""
        return self.step * self.stacked

    def frames(self, samples_count: int) -> int:
        """How many frames a recording of `samples_count` samples has."""
        return self._windows(checked_count(samples_count)) // self.stacked

    def log_energies(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Log-mel energies of all windows before the normalisation, [windows, mels], natural logarithm."""
        count, least = self._windows(checked(samples)), max(2, self.stacked)
        if count < least:
            raise AudioError(
                f"the recording is too short: expected at least {self.window + (least - 1) * self.step} samples at "
                f"{self.sample_rate} Hz, {least} windows, got {len(samples)}"
            )
        frames = frames_of(samples.astype(np.float64) * _AMPLITUDE, self.window, self.step)
        filters = kaldi_filters(*self.bands)
        found = energies(frames, count, povey(self.window), self.n_fft, filters, self._emphasised)
        return np.log(np.maximum(found, _FLOOR))

    def _windows(self, samples_count: int) -> int:
        return max(0, samples_count - self.window + self.step) // self.step

    def _emphasised(self, frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Frames without their mean, with pre-emphasis."""
        found, factor = frames - frames.mean(axis=1, keepdims=True), float(self.pre_emphasis)
        found[:, 1:] -= factor * found[:, :-1]
        found[:, 0] *= 1 - factor
        return found

    def _normalised(self, found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        variance = found.var(axis=0, ddof=int(self.unbiased)) + float(self.variance_guard)
        if self.scaled and self.variance_guard == "0" and (found.max(axis=0) == found.min(axis=0)).any():
            raise AudioError("the recording is silent: a feature never changes, and has no deviation to divide by")
        shifted = found - found.mean(axis=0) if self.centred else found
        return shifted / np.sqrt(variance) if self.scaled else shifted
