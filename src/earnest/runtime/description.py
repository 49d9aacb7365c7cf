"""What a program file says of itself beside its arithmetic: front end, input grid, tokens, recordings of calibration.
Strings and integers only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from earnest.errors import FileError
from earnest.integer.codes import code_range, storage
from earnest.integer.fixed_point import MANTISSA_HIGH, MANTISSA_LOW, SHIFT_HIGH, SHIFT_LOW
from earnest.integer.program.program import Program
from earnest.runtime.decoding.catalogue import decoding_kind, decoding_of
from earnest.runtime.decoding.decoding import DECODING, Decoding
from earnest.runtime.front_ends.catalogue import front_end_of
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.runtime.pieces import Pieces

_MOST_RECORDINGS, _LONGEST_ID = 1 << 20, 200
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputGrid:
    """How features become codes: clamp(zero_point + floor(x m 2^-s + 1/2)), in float64. The only float step after the
    front end, and part of it.
    """

    multiplier: int
    shift: int
    zero_point: int

    def encode(self, features: np.ndarray, bits: int, *, signed: bool) -> np.ndarray:
        """Codes of features, in the smallest integer type of the width."""
        low, high = code_range(bits, signed=signed)
        factor = self.multiplier * 2.0**-self.shift
        codes = np.floor(features.astype(np.float64) * factor + 0.5) + self.zero_point
        return np.clip(codes, low, high).astype(storage(bits, signed=signed))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRecording:
    """A recording that calibration read: its id, and the hash of its decoded audio, whole (`runtime.fingerprint`).

    FileError: an id that is empty, long or not printable; a hash that is none.
    """

    id: str
    audio_sha256: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.id) <= _LONGEST_ID or not self.id.isprintable():
            raise FileError(
                f"calibration: expected ids of 1 to {_LONGEST_ID} printable characters, got {self.id[:40]!a}: rename "
                "the recording"
            )
        if not _SHA256.fullmatch(self.audio_sha256):
            raise FileError(f"calibration: {self.id}: expected a SHA-256, got {self.audio_sha256[:80]!a}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Everything between samples and text that is no operator of the program. `tokens` are those of a CTC model, with
    its blank, or the vocabulary of a model that reads tokens.

    `calibration` is in the order in which it was read; it is empty where ranges came from no recording.
    """

    front_end: FrontEnd
    input_grid: InputGrid
    tokens: Pieces
    recipe: str
    model: str
    calibration: tuple[CalibrationRecording, ...]
    decoding: Decoding

    def to_dict(self) -> dict[str, Any]:
        """The form that a program carries."""
        grid = self.input_grid
        return {
            "front_end": self.front_end.to_dict(),
            "input_grid": {"multiplier": grid.multiplier, "shift": grid.shift, "zero_point": grid.zero_point},
            "tokens": self.tokens.declared(),
            DECODING: self.decoding.declared(),
            "recipe": self.recipe,
            "model": self.model,
            "calibration": [[each.id, each.audio_sha256] for each in self.calibration],
        }


def describe(program: Program) -> Description:
    """The description of a program that recognises speech; FileError where a part is missing or not understood."""
    data = program.description
    expected = {"front_end", "input_grid", "tokens", DECODING, "recipe", "model", "calibration"}
    if set(data) != expected:
        raise FileError(f"expected a description of {sorted(expected)}, got {sorted(data)}")
    if not all(isinstance(data[key], str) for key in ("recipe", "model")):
        raise FileError("expected a recipe and a model, both of them text")
    return Description(
        front_end=front_end_of(data["front_end"]),
        input_grid=_input_grid(data["input_grid"], program),
        tokens=decoding_kind(program).pieces_of(data["tokens"], program),
        recipe=data["recipe"],
        model=data["model"],
        calibration=_calibration(data["calibration"]),
        decoding=decoding_of(program),
    )


def _calibration(data: Any) -> tuple[CalibrationRecording, ...]:
    if not isinstance(data, list | tuple) or len(data) > _MOST_RECORDINGS or not all(_is_pair(entry) for entry in data):
        raise FileError(f"expected calibration as a list of at most {_MOST_RECORDINGS} pairs of an id and a SHA-256")
    return tuple(CalibrationRecording(id=name, audio_sha256=sha256) for name, sha256 in data)


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, list | tuple) and len(entry) == 2 and all(isinstance(part, str) for part in entry)


def _input_grid(data: Any, program: Program) -> InputGrid:
    keys = {"multiplier", "shift", "zero_point"}
    if not isinstance(data, Mapping) or set(data) != keys or not all(type(data[key]) is int for key in keys):
        raise FileError(f"expected an input grid of the integers {sorted(keys)}, got {data!r}")
    grid = InputGrid(**data)
    low, high = code_range(program.input.bits, signed=program.input.signed)
    legal = (
        MANTISSA_LOW <= grid.multiplier <= MANTISSA_HIGH
        and SHIFT_LOW <= grid.shift <= SHIFT_HIGH
        and low <= grid.zero_point <= high
    )
    if not legal:
        raise FileError(f"expected an input grid within the law of multipliers and codes, got {data!r}")
    return grid
