"""Parameters of front ends out of a file that nobody vouches for, and the samples that they are given."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from earnest.errors import AudioError, FileError

SAMPLE_RATES = (1_000, 768_000)

INTEGERS = {
    "sample_rate": SAMPLE_RATES,
    "n_fft": (16, 65_536),
    "window": (2, 65_536),
    "hop": (1, 65_536),
    "mels": (1, 1_024),
    "low_hz": (0, 384_000),
    "high_hz": (1, 384_000),
}
"""The least and the greatest value of parameters that several front ends have."""

_DECIMAL = re.compile(r"0|0\.[0-9]{0,8}[1-9]")


def parameters_of(section: Any, kind: type, name: str, version: int) -> dict[str, Any]:
    """The parameters of a front end out of a file's section, for its constructor, which checks every type.

    FileError: another name or version, a key missing or unknown.
    """
    if not isinstance(section, Mapping):
        raise FileError(f"front end: expected an object of parameters, got {type(section).__name__}")
    entries = cast("Mapping[str, Any]", section)
    told, of = entries.get("name"), entries.get("version")
    if told != name or type(of) is not int or of != version:
        raise FileError(f"front end: expected {name!r} version {version}, got {shown(told)} version {shown(of)}")
    expected = {field.name for field in fields(kind)}
    given = set(entries) - {"name", "version"}
    if given != expected:
        missing, unknown = sorted(expected - given), sorted(map(str, given - expected))
        raise FileError(
            f"front end: expected the keys {sorted(expected)}: keys missing: {missing}, keys unknown: {shown(unknown)}"
        )
    return {key: entries[key] for key in expected}


def check_integers(front_end: object, limits: Mapping[str, tuple[int, int]]) -> None:
    """FileError for a parameter that is no integer within its limits."""
    for key, (lowest, highest) in limits.items():
        value = getattr(front_end, key)
        if type(value) is not int or not lowest <= value <= highest:
            raise FileError(f"front end: expected {key} an integer from {lowest} to {highest}, got {shown(value)}")


def check_booleans(front_end: object, *keys: str) -> None:
    """FileError for a parameter that is neither true nor false."""
    for key in keys:
        value = getattr(front_end, key)
        if type(value) is not bool:
            raise FileError(f"front end: expected {key} true or false, got {shown(value)}")


def check_decimals(front_end: object, *keys: str) -> None:
    """FileError for a parameter that is no decimal string in [0, 1)."""
    for key in keys:
        value = getattr(front_end, key)
        if type(value) is not str or not _DECIMAL.fullmatch(value):
            raise FileError(f'front end: expected {key} a decimal string in [0, 1) such as "0.97", got {shown(value)}')


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


def checked_count(samples_count: int) -> int:
    """A count of samples that there can be."""
    if samples_count < 0:
        raise AudioError(f"expected a count of samples >= 0, got {samples_count}")
    return samples_count
