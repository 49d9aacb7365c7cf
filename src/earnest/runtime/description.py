"""What a program file says of itself beside its arithmetic: front end, input grid, tokens. Strings and integers
only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from earnest.errors import FileError
from earnest.integer.codes import code_range, storage
from earnest.integer.fixed_point import MANTISSA_HIGH, MANTISSA_LOW, SHIFT_HIGH, SHIFT_LOW
from earnest.integer.program import Program
from earnest.runtime.front_end import LogMel
from earnest.runtime.text import Tokens

DECODING = "ctc-greedy"


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
class Description:
    """Everything between samples and text that is no operator of the program."""

    front_end: LogMel
    input_grid: InputGrid
    tokens: Tokens
    recipe: str
    model: str

    def to_dict(self) -> dict[str, Any]:
        """The form that a program carries."""
        grid = self.input_grid
        return {
            "front_end": self.front_end.to_dict(),
            "input_grid": {"multiplier": grid.multiplier, "shift": grid.shift, "zero_point": grid.zero_point},
            "tokens": list(self.tokens.pieces),
            "decoding": DECODING,
            "recipe": self.recipe,
            "model": self.model,
        }


def describe(program: Program) -> Description:
    """The description of a program that recognises speech; FileError where a part is missing or not understood."""
    data = program.description
    expected = {"front_end", "input_grid", "tokens", "decoding", "recipe", "model"}
    if set(data) != expected:
        raise FileError(f"expected a description of {sorted(expected)}, got {sorted(data)}")
    if data["decoding"] != DECODING:
        raise FileError(f"expected decoding {DECODING!r}, got {data['decoding']!r}")
    texts = [data["recipe"], data["model"], *(data["tokens"] if isinstance(data["tokens"], (list, tuple)) else [None])]
    if not all(isinstance(text, str) for text in texts):
        raise FileError("expected a recipe, a model and a list of tokens, all of them text")
    return Description(
        front_end=LogMel.from_dict(data["front_end"]),
        input_grid=_input_grid(data["input_grid"], program),
        tokens=Tokens(pieces=tuple(data["tokens"])),
        recipe=data["recipe"],
        model=data["model"],
    )


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
