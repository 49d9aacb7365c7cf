"""What every way of decoding is: what a program file says of it, and a program that is made ready for it.

Integers only, of which none is trusted.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from earnest.errors import EarnestError, FileError
from earnest.integer.dimension import TOKENS
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target
from earnest.runtime.backend import Make
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.pieces import Pieces
from earnest.runtime.vocabulary import Vocabulary

DECODING = "decoding"
"""The key of a program's description."""

Whole = Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
"""The logits of a whole program at once, for the codes of one utterance and the tokens that it reads, if any."""


class Recognition(ABC):
    """A program on its backends, one utterance at a time."""

    @abstractmethod
    def logits(self, codes: np.ndarray) -> np.ndarray:
        """Logit codes of greedy decoding, whatever the beams, a row for each choice."""

    @abstractmethod
    def search(self, codes: np.ndarray) -> tuple[Decoded, np.ndarray]:
        """The tokens of the best hypothesis, and the logit codes that each of them was chosen from."""


class Decoding(ABC):
    """A frozen dataclass of what a program file says of its tokens."""

    __slots__ = ()

    name: ClassVar[str]
    """What a file calls it."""
    reads_tokens: ClassVar[bool]
    """Whether the program reads tokens beside the audio."""
    follows_beams: ClassVar[bool] = False
    """Whether it may follow several hypotheses."""

    @classmethod
    @abstractmethod
    def of(cls, data: Any, program: Program) -> Self:
        """What the description of an untrusted program says; FileError where it is not understood."""

    @classmethod
    @abstractmethod
    def pieces_of(cls, data: Any, program: Program) -> Pieces:
        """The pieces that the description of an untrusted program lists; FileError where they are none."""

    @abstractmethod
    def declared(self) -> Any:
        """The form that a program carries."""

    @abstractmethod
    def label(self, beams: int) -> str:
        """What records call it, with so many hypotheses."""

    @abstractmethod
    def recognition(self, program: Program, make: Make, *, target: Target | None, beams: int) -> Recognition:
        """A program made ready to follow so many hypotheses; a target that does not come with earnest is given.

        FileError, ProgramError: a program that this decoding does not fit.
        """

    @abstractmethod
    def decoded(self, logits: np.ndarray) -> Decoded:
        """The tokens that logits stand for, greedily; the lowest index wins a tie."""

    @abstractmethod
    def at_once(self, run: Whole, codes: np.ndarray, chosen: Callable[[], tuple[int, ...]]) -> np.ndarray:
        """The logits of greedy decoding by one run of the whole program, behind the tokens that were chosen one by
        one.
        """


class TokenDecoding(Decoding):
    """That of a program that reads tokens."""

    __slots__ = ()

    reads_tokens = True

    @abstractmethod
    def read(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens that are read while these are chosen."""

    @abstractmethod
    def along(self, whole: np.ndarray) -> np.ndarray:
        """Of the logits of the whole, behind the tokens that were read, those that choices were made from."""

    @classmethod
    def pieces_of(cls, data: Any, program: Program) -> Vocabulary:
        """One piece for each token."""
        found, classes = Vocabulary.of(data), program.inputs[1].high + 1
        if len(found.pieces) != classes:
            raise FileError(f"tokens: expected a piece for each of {classes} tokens, got {len(found.pieces)}")
        return found

    def label(self, beams: int) -> str:
        """The best one after the other, or the best of several hypotheses, whose number follows the name."""
        return "greedy" if beams == 1 else f"beam-{beams}"

    def at_once(self, run: Whole, codes: np.ndarray, chosen: Callable[[], tuple[int, ...]]) -> np.ndarray:
        """Behind the tokens that were read."""
        return self.along(run(codes, self.read(chosen())))


def sizes(program: Program) -> tuple[int, int]:
    """How many tokens there are to choose from, and to read at most; FileError of a program that reads none."""
    if len(program.inputs) != 2 or program.inputs[1].symbol != TOKENS:
        raise FileError(f"decoding: expected a program that reads tokens, got one of {len(program.inputs)} inputs")
    return program.inputs[1].high + 1, program.inputs[1].longest


def check_classes(found: int, expected: int) -> None:
    """FileError for a program of other classes than its decoding chooses from."""
    if found != expected:
        raise FileError(f"decoding: expected logits of {expected} classes, its tokens and durations, got {found}")


def check_beams(beams: int, *, decodes: bool) -> None:
    """EarnestError: no hypothesis to follow, or several of a model without a decoder."""
    if beams < 1:
        raise EarnestError(f"beams: expected at least 1 hypothesis to follow, got {beams}")
    if beams > 1 and not decodes:
        raise EarnestError(
            f"beams: expected a model with a decoder to follow {beams} hypotheses, got one of CTC or a transducer, "
            "whose decoding is greedy: leave beams out"
        )
