"""A decoder's tokens, each behind those before: greedily, or the best of several hypotheses, in integers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, final

import numpy as np

from earnest.errors import FileError
from earnest.file.canonical_json import shown
from earnest.integer.fixed_point import MANTISSA_HIGH, MANTISSA_LOW, SHIFT_HIGH, SHIFT_LOW
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target
from earnest.integer.sequence.log_probability import log_probabilities
from earnest.runtime.backend import Make
from earnest.runtime.decoding.beam import search
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoder import Decoder
from earnest.runtime.decoding.decoding import Recognition, TokenDecoding, check_classes, sizes
from earnest.runtime.decoding.generation import Generation
from earnest.runtime.decoding.greedy import chosen, greedy_logits

_INTEGERS = ("most_tokens", "multiplier", "shift")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Autoregressive(Generation, TokenDecoding):
    """How a program's tokens are chosen, whose logits are codes: m and s bring a difference of them to 2^-16 of a
    binary digit (E27).
    """

    name = "autoregressive"
    follows_beams = True

    multiplier: int
    shift: int

    @classmethod
    def of(cls, data: Any, program: Program) -> Self:
        """Lists of tokens, and integers."""
        classes, most = sizes(program)
        keys = {field.name for field in fields(cls)}
        if not isinstance(data, Mapping) or set(data) != keys | {"name"} or data["name"] != cls.name:
            raise FileError(f"expected a decoding {cls.name!r} with {sorted(keys)}, got {shown(data)}")
        lists = {key: data[key] for key in sorted(keys.difference(_INTEGERS))}
        for key, tokens in lists.items():
            whole = isinstance(tokens, (list, tuple)) and all(type(t) is int and 0 <= t < classes for t in tokens)
            if not whole or len(tokens) > classes:
                raise FileError(f"decoding: {key}: expected tokens 0 .. {classes - 1}, got {shown(tokens)}")
        found = cls(**{key: tuple(tokens) for key, tokens in lists.items()}, **{key: data[key] for key in _INTEGERS})
        found.check(classes, most)
        return found

    def check(self, classes: int, most: int) -> None:
        """FileError for what a program of so many tokens, to choose from and to read at most, cannot follow."""
        if type(self.most_tokens) is not int or not 1 <= len(self.start) < self.most_tokens <= most:
            raise FileError(
                f"decoding: expected a beginning, and at most {most} tokens, as the program is proved for; "
                f"got {len(self.start)} and {shown(self.most_tokens)}"
            )
        lawful = type(self.multiplier) is int and MANTISSA_LOW <= self.multiplier <= MANTISSA_HIGH
        if not lawful or type(self.shift) is not int or not SHIFT_LOW <= self.shift <= SHIFT_HIGH:
            raise FileError(
                f"decoding: expected a multiplier of the law, got {shown(self.multiplier)}, {shown(self.shift)}"
            )
        if not self.end or not self.allowed(classes, first=True).any():
            raise FileError("decoding: expected a token that ends it, and some that may be chosen")

    def declared(self) -> dict[str, Any]:
        """The form that a program carries."""
        parts = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}
        return {"name": self.name, **parts}

    def recognition(
        self, program: Program, make: Make, *, target: Target | None, beams: int
    ) -> "AutoregressiveRecognition":
        """A run for the audio, and one for each token."""
        decoder = Decoder(program, make, target=target)
        check_classes(decoder.classes, program.inputs[1].high + 1)
        return AutoregressiveRecognition(self, decoder, beams)

    def decoded(self, logits: np.ndarray) -> Decoded:
        """The tokens of logits [tokens, classes], each the best of its row."""
        return chosen(logits, self)

    def along(self, whole: np.ndarray) -> np.ndarray:
        """The rows behind the beginning."""
        return whole[len(self.start) - 1 :]


class AutoregressiveRecognition(Recognition):
    """A decoder: logits [tokens, classes]."""

    def __init__(self, decoding: Autoregressive, decoder: Decoder, beams: int) -> None:
        self.decoding, self.decoder, self.beams = decoding, decoder, beams

    def logits(self, codes: np.ndarray) -> np.ndarray:
        """Each the row that the next token is the best of."""
        return greedy_logits(self.decoder, codes, self.decoding)

    def search(self, codes: np.ndarray) -> tuple[Decoded, np.ndarray]:
        """Of one hypothesis, or of as many as are followed."""
        if self.beams > 1:
            return beam_logits(self.decoder, codes, self.decoding, beams=self.beams)
        logits = self.logits(codes)
        return self.decoding.decoded(logits), logits


def beam_search(decoder: Decoder, codes: np.ndarray, decoding: Autoregressive, *, beams: int) -> Decoded:
    """The tokens of the best of `beams` hypotheses of one utterance."""
    return beam_logits(decoder, codes, decoding, beams=beams)[0]


def beam_logits(
    decoder: Decoder, codes: np.ndarray, decoding: Autoregressive, *, beams: int
) -> tuple[Decoded, np.ndarray]:
    """The same tokens, and the logits that each of them was chosen from, [tokens, classes]."""

    def scores(row: np.ndarray) -> np.ndarray:
        return log_probabilities(row, decoding.multiplier, decoding.shift)

    return search(decoder, codes, decoding, scores, beams=beams)
