"""Decoding: what a program file says of the tokens of a decoder, or of a transducer (runtime.transduction). Integers
only, of which none is trusted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from earnest.errors import FileError
from earnest.file.canonical_json import shown
from earnest.integer.dimension import TOKENS
from earnest.integer.fixed_point import MANTISSA_HIGH, MANTISSA_LOW, SHIFT_HIGH, SHIFT_LOW
from earnest.integer.program.program import Program
from earnest.runtime.transduction import TRANSDUCER, Transduction

NAME = "autoregressive"
DECODING = "decoding"
"""The key of a program's description."""

_INTEGERS = ("most_tokens", "multiplier", "shift")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What a decoder begins with, the tokens that end it, those that are never chosen, and not as the first; how many
    tokens there may be, the beginning included.
    """

    start: tuple[int, ...]
    end: tuple[int, ...]
    suppressed: tuple[int, ...]
    suppressed_first: tuple[int, ...]
    most_tokens: int

    def read(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that are read while these are chosen: the last of them is not."""
        return (*self.start, *chosen[:-1])

    def allowed(self, classes: int, *, first: bool) -> np.ndarray:
        """The classes that may be chosen."""
        found = np.ones(classes, dtype=bool)
        found[list(self.suppressed)] = False
        if first:
            found[list(self.suppressed_first)] = False
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding(Generation):
    """The same of a program, whose logits are codes: m and s bring a difference of them to 2^-16 of a binary digit
    (E27).
    """

    multiplier: int
    shift: int

    def to_dict(self) -> dict[str, Any]:
        """The form that a program carries."""
        return {"name": NAME, **{key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}}


def decoding_of(program: Program) -> Decoding | Transduction:
    """What the description of an untrusted program says; FileError where it is not understood."""
    data = program.description.get(DECODING)
    classes, most = _sizes(program)
    if isinstance(data, Mapping) and data.get("name") == TRANSDUCER:
        return Transduction.from_dict(data, highest=classes - 1, most=most)
    keys = {field.name for field in fields(Decoding)}
    if not isinstance(data, Mapping) or set(data) != keys | {"name"} or data["name"] != NAME:
        raise FileError(f"expected a decoding {NAME!r} with {sorted(keys)}, got {shown(data)}")
    lists = {key: data[key] for key in sorted(keys.difference(_INTEGERS))}
    for key, tokens in lists.items():
        whole = isinstance(tokens, (list, tuple)) and all(type(t) is int and 0 <= t < classes for t in tokens)
        if not whole or len(tokens) > classes:
            raise FileError(f"decoding: {key}: expected tokens 0 .. {classes - 1}, got {shown(tokens)}")
    found = Decoding(**{key: tuple(tokens) for key, tokens in lists.items()}, **{key: data[key] for key in _INTEGERS})
    _check(found, classes, most)
    return found


def _sizes(program: Program) -> tuple[int, int]:
    """How many classes there are, and tokens at most."""
    if len(program.inputs) != 2 or program.inputs[1].symbol != TOKENS:
        raise FileError(f"decoding: expected a program that reads tokens, got one of {len(program.inputs)} inputs")
    return program.inputs[1].high + 1, program.inputs[1].longest


def _check(found: Decoding, classes: int, most: int) -> None:
    if type(found.most_tokens) is not int or not 1 <= len(found.start) < found.most_tokens <= most:
        raise FileError(
            f"decoding: expected a beginning, and at most {most} tokens, as the program is proved for; "
            f"got {len(found.start)} and {shown(found.most_tokens)}"
        )
    lawful = type(found.multiplier) is int and MANTISSA_LOW <= found.multiplier <= MANTISSA_HIGH
    if not lawful or type(found.shift) is not int or not SHIFT_LOW <= found.shift <= SHIFT_HIGH:
        raise FileError(
            f"decoding: expected a multiplier of the law, got {shown(found.multiplier)}, {shown(found.shift)}"
        )
    if not found.end or not found.allowed(classes, first=True).any():
        raise FileError("decoding: expected a token that ends it, and some that may be chosen")
