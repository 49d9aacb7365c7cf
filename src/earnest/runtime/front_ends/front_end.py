"""What every front end is: samples of a recording to what the program reads; declared float, outside the program."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from earnest.errors import FileError
from earnest.runtime.front_ends.parameters import parameters_of


class FrontEnd(ABC):
    """A frozen dataclass of the parameters that a file holds; FileError if one of them is out of range."""

    __slots__ = ()

    name: ClassVar[str]
    """What a file calls it."""
    version: ClassVar[int]
    """Raised whenever the same parameters come to stand for other features."""

    sample_rate: int
    """Samples per second."""
    hop: int
    """Samples from one frame of the program to the next."""

    @property
    @abstractmethod
    def features(self) -> int | None:
        """Features of one frame of the program; None where there is one number for each, and no axis of features."""

    @property
    def only_frames(self) -> int | None:
        """The one count of frames that there is; None where there is no such one."""
        return None

    @abstractmethod
    def frames(self, samples_count: int) -> int:
        """How many frames a recording of `samples_count` samples has."""

    @abstractmethod
    def __call__(self, samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """The program's input, float32 [frames, features] or [samples], of one recording at `sample_rate`.

        AudioError: not one axis of finite reals, or a length that has no features.
        """

    def to_dict(self) -> dict[str, str | int]:
        """Name, version and parameters as strings and integers only, for the file of a program."""
        parameters = {each.name: getattr(self, each.name) for each in fields(self)}  # pyright: ignore[reportArgumentType]
        return {"name": self.name, "version": self.version, **parameters}

    @classmethod
    def from_dict(cls, section: Mapping[str, object]) -> Self:
        """The inverse of `to_dict`. FileError: another name or version, a key missing or unknown, a bad value."""
        return cls(**parameters_of(section, cls, cls.name, cls.version))


class MelFrontEnd(FrontEnd):
    """A front end of energies in bands of a mel scale."""

    __slots__ = ()

    n_fft: int
    mels: int
    low_hz: int
    high_hz: int
    """Lengths in samples, frequencies in hertz."""

    @property
    def features(self) -> int:
        """Features of one frame."""
        return self.mels

    def check_spectrum(self, window: int) -> None:
        """FileError for a window that does not fit in its transform, or a band that the sample rate does not hold."""
        if not window <= self.n_fft:
            raise FileError(f"front end: expected window <= n_fft, got {window} > {self.n_fft}")
        if not self.low_hz < self.high_hz <= self.sample_rate // 2:
            raise FileError(
                f"front end: expected low_hz < high_hz <= sample_rate / 2, got {self.low_hz}, {self.high_hz}, "
                f"{self.sample_rate}"
            )

    @property
    def bands(self) -> tuple[int, int, int, int, int]:
        """What filters are made of (`filterbank`)."""
        return self.sample_rate, self.n_fft, self.mels, self.low_hz, self.high_hz
