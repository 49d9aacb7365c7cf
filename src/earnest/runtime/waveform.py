"""Waveform front end, version 1: samples, normalised or as they are; declared float, outside the program.

    z[t] = (x[t] - mean x) / sqrt(var x + c)     normalised: over the whole recording, var the biased one
    z[t] = x[t]                                  otherwise

in float64, then float32. These are the inputs of the models that convolve the waveform itself, as the feature extractor
of `transformers` makes them with `do_normalize` and without; there c is 1e-7.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from earnest.errors import AudioError, FileError
from earnest.runtime.front_end import DECIMAL, checked, parameters_of, shown

NAME = "waveform"
VERSION = 1

_RATES = (1_000, 768_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """Parameters of the front end: samples per second, whether they are normalised, and the guard of the variance, a
    decimal string such as "0.0000001". FileError if a value is out of range.
    """

    sample_rate: int
    normalised: bool
    variance_guard: str

    hop: ClassVar[int] = 1
    """Samples from one step of the program's time to the next."""

    def __post_init__(self) -> None:
        low, high = _RATES
        if type(self.sample_rate) is not int or not low <= self.sample_rate <= high:
            raise FileError(
                f"front end: expected sample_rate an integer from {low} to {high}, got {shown(self.sample_rate)}"
            )
        if type(self.normalised) is not bool:
            raise FileError(f"front end: expected normalised true or false, got {shown(self.normalised)}")
        guard = self.variance_guard
        if type(guard) is not str or not DECIMAL.fullmatch(guard) or guard == "0":
            raise FileError(
                f'front end: expected variance_guard a decimal string in (0, 1) such as "0.0000001", got {shown(guard)}'
            )

    @property
    def features(self) -> None:
        """There is one number for each step: no axis of features."""
        return

    def __call__(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """The program's input, float32 [samples], of one recording at `sample_rate`.

        AudioError: not one axis of finite reals, or no sample.
        """
        if not checked(samples):
            raise AudioError("the recording is too short: expected at least 1 sample, got 0")
        if not self.normalised:
            return samples.astype(np.float32)
        wide = samples.astype(np.float64)
        deviation = np.sqrt(wide.var() + float(self.variance_guard))
        return ((wide - wide.mean()) / deviation).astype(np.float32)

    def frames(self, samples_count: int) -> int:
        """How many steps a recording of `samples_count` samples has: one each."""
        if samples_count < 0:
            raise AudioError(f"expected a count of samples >= 0, got {samples_count}")
        return samples_count

    def to_dict(self) -> dict[str, str | int]:
        """Name, version and parameters, for the file of a program."""
        return {"name": NAME, "version": VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, section: Mapping[str, object]) -> "Waveform":
        """The inverse of `to_dict`. FileError: another version, a key missing or unknown, a bad value."""
        return cls(**parameters_of(section, cls, NAME, VERSION))
