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

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from earnest.errors import AudioError, FileError

NAME = "log-mel"
VERSION = 1

DECIMAL = re.compile(r"0|0\.[0-9]{0,8}[1-9]")
_INTEGERS = {
    "sample_rate": (1_000, 768_000),
    "n_fft": (16, 65_536),
    "window": (2, 65_536),
    "hop": (1, 65_536),
    "mels": (1, 1_024),
    "low_hz": (0, 384_000),
    "high_hz": (1, 384_000),
    "log_guard_bits": (1, 64),
}
_FRAMES_AT_ONCE = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMel:
    """Parameters of the front end: lengths in samples, frequencies in hertz, reals as decimal strings such as "0.97".

    The log guard is 2^-`log_guard_bits`, `std_guard` is added to the standard deviation. FileError if a value is out of
    range, since the parameters come out of a file that nobody vouches for.
    """

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
        for key, (lowest, highest) in _INTEGERS.items():
            value = getattr(self, key)
            if type(value) is not int or not lowest <= value <= highest:
                raise FileError(f"front end: expected {key} an integer from {lowest} to {highest}, got {shown(value)}")
        for key in ("pre_emphasis", "std_guard"):
            value = getattr(self, key)
            if type(value) is not str or not DECIMAL.fullmatch(value):
                raise FileError(
                    f'front end: expected {key} a decimal string in [0, 1) such as "0.97", got {shown(value)}'
                )
        if self.std_guard == "0":
            raise FileError("front end: expected std_guard above 0, got 0")
        if not self.window <= self.n_fft:
            raise FileError(f"front end: expected window <= n_fft, got {self.window} > {self.n_fft}")
        if not self.low_hz < self.high_hz <= self.sample_rate // 2:
            raise FileError(
                f"front end: expected low_hz < high_hz <= sample_rate / 2, "
                f"got {self.low_hz}, {self.high_hz}, {self.sample_rate}"
            )

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
        energies = self.log_energies(samples)
        mean = energies.mean(axis=0)
        deviation = energies.std(axis=0, ddof=1) + float(self.std_guard)
        return ((energies - mean) / deviation).astype(np.float32)

    @property
    def features(self) -> int:
        """Features of one frame."""
        return self.mels

    def frames(self, samples_count: int) -> int:
        """How many frames a recording of `samples_count` samples has: floor(samples / hop)."""
        if samples_count < 0:
            raise AudioError(f"expected a count of samples >= 0, got {samples_count}")
        return samples_count // self.hop

    def log_energies(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Log-mel energies before the normalisation, [frames, mels], natural logarithm."""
        count = self.frames(checked(samples))
        before = self.n_fft // 2 - (self.n_fft - self.window) // 2  # samples of the window left of the frame's centre
        signal = np.zeros(before + len(samples) + self.window)
        signal[before : before + len(samples)] = samples
        signal[before + 1 : before + len(samples)] -= float(self.pre_emphasis) * samples[:-1].astype(np.float64)
        windows = np.lib.stride_tricks.sliding_window_view(signal, self.window)[:: self.hop]
        shape, filters = _hann(self.window), _mel_filters(self)
        energies = np.empty((count, self.mels))
        for start in range(0, count, _FRAMES_AT_ONCE):
            part = slice(start, min(start + _FRAMES_AT_ONCE, count))
            # Where the window stands in the frame changes the phase alone: the power is the same.
            spectrum = np.fft.rfft(windows[part] * shape, n=self.n_fft)
            power = spectrum.real**2 + spectrum.imag**2
            energies[part] = np.log(power @ filters + 2.0**-self.log_guard_bits)
        return energies

    def to_dict(self) -> dict[str, str | int]:
        """Name, version and parameters as strings and integers only, for the file of a program."""
        return {"name": NAME, "version": VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, section: Mapping[str, object]) -> "LogMel":
        """The inverse of `to_dict`. FileError: another name or version, a key missing or unknown, a bad value."""
        return cls(**parameters_of(section, cls, NAME, VERSION))


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


def parameters_of(section: Mapping[str, object], kind: type, name: str, version: int) -> dict[str, Any]:
    """The parameters of a front end out of a file's section, for its constructor, which checks every type.

    FileError: another name or version, a key missing or unknown.
    """
    if not isinstance(section, Mapping):
        raise FileError(f"front end: expected an object of parameters, got {type(section).__name__}")
    told, of = section.get("name"), section.get("version")
    if told != name or type(of) is not int or of != version:
        raise FileError(f"front end: expected {name!r} version {version}, got {shown(told)} version {shown(of)}")
    expected = {field.name for field in fields(kind)}
    given = set(section) - {"name", "version"}
    if given != expected:
        missing, unknown = sorted(expected - given), sorted(map(str, given - expected))
        raise FileError(
            f"front end: expected the keys {sorted(expected)}: keys missing: {missing}, keys unknown: {shown(unknown)}"
        )
    return {key: section[key] for key in expected}


def shown(value: object) -> str:
    """A value out of a file that nobody vouches for, for a message of one line."""
    return ascii(value)[:60]


def checked(samples: npt.NDArray[np.floating]) -> int:
    """The count of samples of a recording that can be used."""
    if samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(f"expected float samples along one axis, got {samples.dtype} of shape {samples.shape}")
    if not np.isfinite(samples).all():
        raise AudioError("the recording holds samples that are not finite (NaN or infinity)")
    return len(samples)


@functools.lru_cache(maxsize=8)
def _hann(length: int) -> npt.NDArray[np.float64]:
    window = np.hanning(length)
    window.flags.writeable = False
    return window


def _hz_to_mel(hz: float) -> float:
    return hz * 3 / 200 if hz < 1_000 else 15 + 27 * math.log(hz / 1_000) / math.log(6.4)


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1_000 * np.exp((mel - 15) * (math.log(6.4) / 27)))


@functools.lru_cache(maxsize=8)
def _mel_filters(front_end: LogMel) -> npt.NDArray[np.float64]:
    """Weights [n_fft/2 + 1, mels]: triangles between neighbouring mel points, over half of their width in hertz."""
    points = np.linspace(_hz_to_mel(front_end.low_hz), _hz_to_mel(front_end.high_hz), front_end.mels + 2)
    edges = _mel_to_hz(points)
    bins = np.arange(front_end.n_fft // 2 + 1)[:, None] * (front_end.sample_rate / front_end.n_fft)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    filters = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (right - left))
    filters.flags.writeable = False
    return filters
