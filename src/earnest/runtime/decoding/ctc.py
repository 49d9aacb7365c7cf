"""CTC: the best class of each frame, runs of one class collapsed, blanks dropped [Graves et al. 2006, section 3.2]."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from earnest.errors import FileError
from earnest.file.canonical_json import shown
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target
from earnest.runtime.backend import Backend, Make
from earnest.runtime.decoding.decoded import Decoded
from earnest.runtime.decoding.decoding import DECODING, Decoding, Recognition, Whole
from earnest.runtime.decoding.greedy import argmax
from earnest.runtime.text import Tokens


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class CTC(Decoding):
    """The class of the blank; a file gives it by the tokens, of which it is the last."""

    name = "ctc-greedy"
    reads_tokens = False

    blank: int

    @classmethod
    def of(cls, data: Any, program: Program) -> Self:
        """Its name is all that is said beside the tokens."""
        if data != cls.name:
            raise FileError(f"expected {DECODING} {cls.name!r}, got {shown(data)}")
        return cls(blank=cls.pieces_of(program.description.get("tokens"), program).blank)

    @classmethod
    def pieces_of(cls, data: Any, program: Program) -> Tokens:
        """A list of text."""
        del program
        return Tokens.of(data)

    def declared(self) -> str:
        """The form that a program carries."""
        return self.name

    def label(self, beams: int) -> str:
        """There are no beams."""
        del beams
        return self.name

    def recognition(self, program: Program, make: Make, *, target: Target | None, beams: int) -> "CTCRecognition":
        """One run of one program."""
        del target, beams
        return CTCRecognition(self, make(program))

    def decoded(self, logits: np.ndarray) -> Decoded:
        """The tokens of logits [frames, classes]."""
        return Decoded(tokens=tuple(ctc_greedy(argmax(logits), blank=self.blank)), truncated=False)

    def at_once(self, run: Whole, codes: np.ndarray, chosen: Callable[[], tuple[int, ...]]) -> np.ndarray:
        """There is no other way."""
        del chosen
        return run(codes, ())


class CTCRecognition(Recognition):
    """A program of frames: logits [frames, classes]."""

    def __init__(self, decoding: CTC, backend: Backend) -> None:
        self.decoding, self.backend = decoding, backend

    def logits(self, codes: np.ndarray) -> np.ndarray:
        """Those of all frames."""
        return self.backend.run(codes)[0]

    def search(self, codes: np.ndarray) -> tuple[Decoded, np.ndarray]:
        """The best class of each frame."""
        logits = self.logits(codes)
        return self.decoding.decoded(logits), logits


def ctc_greedy(token_ids: npt.NDArray[np.integer] | Sequence[int], *, blank: int) -> list[int]:
    """Collapse runs of one id, then drop blanks; a blank between two equal ids keeps both."""
    ids = np.asarray(token_ids)
    if ids.ndim != 1 or (ids.size and not np.issubdtype(ids.dtype, np.integer)):
        raise ValueError(f"expected integer ids along one axis (frames), got {ids.dtype} of shape {ids.shape}")
    if not ids.size:
        return []
    first = np.ones(len(ids), dtype=bool)
    first[1:] = ids[1:] != ids[:-1]
    return [int(token) for token in ids[first & (ids != blank)]]
