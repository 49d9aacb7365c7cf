"""What a program file says of a transducer's tokens, and greedy search over its frames, in integers.

At a frame the best class is taken. A token goes behind those before and stays at the frame; the blank goes on to the
next [Graves 2012, arXiv:1211.3711]. With durations the classes behind the tokens say how many frames to go on, at least
one behind a blank [Xu 2023, arXiv:2304.06795]. After so many tokens at one frame it goes on in any case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, Self, TypeVar, final

import numpy as np

from earnest.errors import FileError
from earnest.file.canonical_json import shown
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target
from earnest.runtime.backend import Make
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoding import Recognition, TokenDecoding, check_classes, sizes
from earnest.runtime.decoding.greedy import argmax
from earnest.runtime.decoding.transducer import Transducer

_MOST_DURATIONS, _LONGEST_DURATION, _MOST_SYMBOLS = 16, 1024, 1024


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Transduction(TokenDecoding):
    """The token that is read before the first, the blank, how many frames each of the classes behind the tokens goes on
    (none: one behind a blank), the most tokens of a frame, and of an utterance, the beginning included.
    """

    name = "transducer"

    start: int
    blank: int
    durations: tuple[int, ...]
    most_of_a_frame: int
    most_tokens: int

    def declared(self) -> dict[str, Any]:
        """The form that a program carries."""
        return {"name": self.name} | asdict(self) | {"durations": list(self.durations)}

    @classmethod
    def of(cls, data: Any, program: Program) -> Self:
        """Of the tokens that the program reads."""
        classes, most = sizes(program)
        if not isinstance(data, Mapping):
            raise FileError(f"expected a decoding {cls.name!r}, got {shown(data)}")
        return cls.within(data, highest=classes - 1, most=most)

    @classmethod
    def within(cls, data: Mapping[str, Any], *, highest: int, most: int) -> Self:
        """What is said of tokens up to `highest`, at most so many; FileError where it is not understood."""
        given: dict[str, Any] = {key: value for key, value in data.items() if key != "name"}
        listed = given.get("durations")
        if set(given) != {field.name for field in fields(cls)} or not isinstance(listed, list | tuple):
            raise FileError(f"decoding: expected {sorted(field.name for field in fields(cls))}, got {shown(data)}")
        given["durations"] = tuple(listed)
        found = cls(**given)
        limits = {
            "start": (found.start, 0, highest),
            "blank": (found.blank, 0, highest),
            "most_of_a_frame": (found.most_of_a_frame, 1, _MOST_SYMBOLS),
            "most_tokens": (found.most_tokens, 2, most),
            "durations": (len(listed), 0, _MOST_DURATIONS),
            **{
                f"durations[{place}]": (each, 0, _LONGEST_DURATION)
                for place, each in enumerate(listed[:_MOST_DURATIONS])
            },
        }
        for name, (value, low, high) in limits.items():
            if type(value) is not int or not low <= value <= high:
                raise FileError(f"decoding: {name}: expected {low} .. {high}, got {shown(value)}")
        return found

    def read(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that are read while these are chosen: the last of them too, for what comes at its frame."""
        return (self.start, *chosen)

    def choice(self, row: np.ndarray) -> tuple[int, int]:
        """The best token of logits [classes], and how many frames to go on; the lowest index wins a tie."""
        tokens = len(row) - len(self.durations)
        token = int(argmax(row[:tokens]))
        goes_on = int(token == self.blank)
        if self.durations:
            goes_on = max(self.durations[int(argmax(row[tokens:]))], goes_on)
        return token, goes_on

    def recognition(
        self, program: Program, make: Make, *, target: Target | None, beams: int
    ) -> "TransducerRecognition":
        """A run for the audio, one for each token, and one for each choice."""
        del beams
        transducer = Transducer(program, make, target=target)
        check_classes(transducer.programs.classes, program.inputs[1].high + 1 + len(self.durations))
        return TransducerRecognition(self, transducer)

    def decoded(self, logits: np.ndarray) -> Decoded:
        """The tokens of logits [choices, classes]."""
        return transduced(logits, self)

    def along(self, whole: np.ndarray) -> np.ndarray:
        """Along its way through the frames of [frames, tokens, classes]."""
        return transduced_logits(Lattice(logits=whole), self)


class TransducerRecognition(Recognition):
    """A transducer: logits [choices, classes], blanks among them."""

    def __init__(self, decoding: Transduction, transducer: Transducer) -> None:
        self.decoding, self.transducer = decoding, transducer

    def logits(self, codes: np.ndarray) -> np.ndarray:
        """Those of every choice."""
        return transduced_logits(self.transducer.encode(codes), self.decoding)

    def search(self, codes: np.ndarray) -> tuple[Decoded, np.ndarray]:
        """The best of each choice."""
        logits = self.logits(codes)
        return self.decoding.decoded(logits), logits


Said = TypeVar("Said")


class Frames(Protocol[Said]):
    """One utterance as a transducer encodes it. What tokens say stays as it is when it goes on from there."""

    @property
    def count(self) -> int:
        """How many frames there are."""
        ...

    def say(self, token: int, before: Said | None) -> Said:
        """What a token says behind those before."""
        ...

    def row(self, frame: int, said: Said) -> np.ndarray:
        """The logits [classes] at a frame, behind the tokens so far."""
        ...


def transduced_logits(frames: Frames[Said], transduction: Transduction) -> np.ndarray:
    """The logits of every choice, blanks among them, [choices, classes]."""
    said, rows = frames.say(transduction.start, None), list[np.ndarray]()
    frame, tokens, here = 0, 1, 0
    while frame < frames.count and tokens < transduction.most_tokens:
        rows.append(frames.row(frame, said))
        token, goes_on = transduction.choice(rows[-1])
        if token != transduction.blank:
            said, tokens, here = frames.say(token, said), tokens + 1, here + 1
        if goes_on or here == transduction.most_of_a_frame:
            frame, here = frame + max(goes_on, 1), 0
    return np.stack(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """Logits [frames, tokens, classes] behind given tokens, the beginning first, as the frames of an utterance whose
    tokens they are.
    """

    logits: np.ndarray

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.logits)

    def say(self, token: int, before: int | None) -> int:
        """The place of a token; the last one's is that of all behind it."""
        del token
        return 0 if before is None else min(before + 1, self.logits.shape[1] - 1)

    def row(self, frame: int, said: int) -> np.ndarray:
        """The logits [classes] at a frame, behind the tokens so far."""
        return self.logits[frame, said]


def transduced(rows: Sequence[np.ndarray] | np.ndarray, transduction: Transduction) -> Decoded:
    """The tokens that logits [choices, classes] stand for; cut off where there are as many as allowed."""
    chosen = (transduction.choice(row)[0] for row in rows)
    tokens = tuple(token for token in chosen if token != transduction.blank)
    return Decoded(tokens=tokens, truncated=len(tokens) + 1 == transduction.most_tokens)
