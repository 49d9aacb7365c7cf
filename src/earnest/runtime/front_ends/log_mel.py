"""Log-mel front end, version 1: samples to normalised log-mel features in NumPy; declared float, outside the program.

    y[t]    = x[t] - a x[t-1],  y[0] = x[0]                                    pre-emphasis
    P[f, k] = | sum_t y[f hop + t - n_fft/2] h[t] e^(-2 pi i k t / n_fft) |^2   centred, zeros outside the recording
    E[f, m] = ln( sum_k P[f, k] W[k, m] + 2^-guard )
    z[f, m] = (E[f, m] - mean_f E[., m]) / (std_f E[., m] + c),   f = 0 .. floor(samples / hop) - 1

h is the symmetric Hann window of `window` samples in the middle of `n_fft` (zero outside); W the triangular filters on
Slaney's mel scale (linear below 1 kHz, logarithmic above), each of unit area [Slaney 1998, Auditory Toolbox]; std is
the unbiased one (F - 1). These are the features of NVIDIA NeMo's `AudioToMelSpectrogramPreprocessor` with `normalize:
per_feature` and no dither.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from earnest.errors import AudioError, FileError
from earnest.runtime.front_ends.filterbank import energies, frames_of, hann, slaney_filters
from earnest.runtime.front_ends.front_end import MelFrontEnd
from earnest.runtime.front_ends.parameters import INTEGERS, check_decimals, check_integers, checked, checked_count


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LogMel(MelFrontEnd):
    """Parameters of the front end: lengths in samples, frequencies in hertz, reals as decimal strings such as "0.97".

    The log guard is 2^-`log_guard_bits`, `std_guard` is added to the standard deviation. FileError if a value is out of
    range, since the parameters come out of a file that nobody vouches for.
    """

    name = "log-mel"
    version = 1

    sample_rate: int
    pre_emphasis: str
    n_fft: int
    window: int
    hop: int
    mels: int
    low_hz: int
    high_hz: int
    log_guard_bits: int
    std_guard: str

    def __post_init__(self) -> None:
        check_integers(self, {**INTEGERS, "log_guard_bits": (1, 64)})
        check_decimals(self, "pre_emphasis", "std_guard")
        if self.std_guard == "0":
            raise FileError("front end: expected std_guard above 0, got 0")
        self.check_spectrum(self.window)

    def __call__(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Normalised features, float32 [frames, mels], of one recording at `sample_rate`.

        AudioError: not one axis of finite reals, or fewer than two frames, which have no unbiased standard deviation.
        """
        count = self.frames(checked(samples))
        if count < 2:
            raise AudioError(
                f"the recording is too short: expected at least {2 * self.hop} samples at {self.sample_rate} Hz, "
                f"two frames, got {len(samples)}"
            )
        logarithms = self.log_energies(samples)
        mean = logarithms.mean(axis=0)
        deviation = logarithms.std(axis=0, ddof=1) + float(self.std_guard)
        return ((logarithms - mean) / deviation).astype(np.float32)

    def frames(self, samples_count: int) -> int:
        """How many frames a recording of `samples_count` samples has: floor(samples / hop)."""
        return checked_count(samples_count) // self.hop

    def log_energies(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Log-mel energies before the normalisation, [frames, mels], natural logarithm."""
        count = self.frames(checked(samples))
        before = self.n_fft // 2 - (self.n_fft - self.window) // 2  # samples of the window left of the frame's centre
        signal = np.zeros(before + len(samples) + self.window)
        signal[before : before + len(samples)] = samples
        signal[before + 1 : before + len(samples)] -= float(self.pre_emphasis) * samples[:-1].astype(np.float64)
        filters = slaney_filters(*self.bands)
        frames = frames_of(signal, self.window, self.hop)
        found = energies(frames, count, hann(self.window), self.n_fft, filters)
        return np.log(found + 2.0**-self.log_guard_bits)


NEMO_LOG_MEL = LogMel(
    sample_rate=16_000,
    pre_emphasis="0.97",
    n_fft=512,
    window=400,
    hop=160,
    mels=80,
    low_hz=0,
    high_hz=8_000,
    log_guard_bits=24,
    std_guard="0.00001",
)
"""The front end of NeMo's English Conformer-CTC models."""
