"""Waveform front end, version 1: samples, normalised or as they are; declared float, outside the program.

    z[t] = (x[t] - mean x) / sqrt(var x + c)     normalised: over the whole recording, var the biased one
    z[t] = x[t]                                  otherwise

in float64, then float32. These are the inputs of the models that convolve the waveform itself, as the feature extractor
of `transformers` makes them with `do_normalize` and without; there c is 1e-7.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import numpy.typing as npt

from earnest.errors import AudioError, FileError
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.front_ends.parameters import (
    SAMPLE_RATES,
    check_booleans,
    check_decimals,
    check_integers,
    checked,
    checked_count,
)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform(FrontEnd):
    """Parameters of the front end: samples per second, whether they are normalised, and the guard of the variance, a
    decimal string such as "0.0000001". FileError if a value is out of range.
    """

    name = "waveform"
    version = 1

    sample_rate: int
    normalised: bool
    variance_guard: str

    hop: ClassVar[int] = 1  # pyright: ignore[reportIncompatibleVariableOverride]
    """Samples from one step of the program's time to the next."""

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
