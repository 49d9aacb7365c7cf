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
from earnest.runtime.parameters import (
    SAMPLE_RATES,
    check_booleans,
    check_decimals,
    check_integers,
    checked,
    checked_count,
    parameters_of,
)

NAME = "waveform"
VERSION = 1


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
    only_frames: ClassVar[None] = None
    """There is no one count of them."""

    def __post_init__(self) -> None:
        check_integers(self, {"sample_rate": SAMPLE_RATES})
        check_booleans(self, "normalised")
        check_decimals(self, "variance_guard")
        if self.variance_guard == "0":
            raise FileError("front end: expected variance_guard above 0, got 0")

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
        return checked_count(samples_count)

    def to_dict(self) -> dict[str, str | int]:
        """Name, version and parameters, for the file of a program."""
        return {"name": NAME, "version": VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, section: Mapping[str, object]) -> "Waveform":
        """The inverse of `to_dict`. FileError: another version, a key missing or unknown, a bad value."""
        return cls(**parameters_of(section, cls, NAME, VERSION))
