"""From token ids to text: the list of pieces, and the joining of pieces into words."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from earnest.errors import CheckpointError, FileError
from earnest.runtime.pieces import Pieces

WORD_START = "\u2581"
"""SentencePiece's mark: the piece opens a word."""

UNKNOWN = "<unk>"
UNKNOWN_TEXT = " \u2047 "
"""What an unknown piece reads as: a word of its own that no transcript holds, as SentencePiece writes it."""

_MOST_PIECES = 1 << 20
_LONGEST_PIECE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens(Pieces):
    """The pieces of a model by id; the last one is the CTC blank.

    FileError: fewer than two pieces, a piece that is empty, twice there, too long or not printable.
    """

    pieces: tuple[str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not 2 <= len(self.pieces) <= _MOST_PIECES:
            raise FileError(f"tokens: expected 2 to {_MOST_PIECES} pieces, got {len(self.pieces)}")
        seen: dict[str, int] = {}
        for index, piece in enumerate(self.pieces):
            if type(piece) is not str or not 1 <= len(piece) <= _LONGEST_PIECE or not piece.isprintable():
                raise FileError(
                    f"tokens: expected piece {index} to be 1 to {_LONGEST_PIECE} printable characters, "
                    f"got {str(piece)[:40]!a}"
                )
            if piece in seen:
                raise FileError(f"tokens: piece {piece!r} stands at {seen[piece]} and again at {index}")
            seen[piece] = index

    @property
    def blank(self) -> int:
        """The id of the CTC blank: the last one."""
        return len(self.pieces) - 1

    def declared(self) -> list[str]:
        """The form that a program carries."""
        return list(self.pieces)

    @classmethod
    def of(cls, data: object) -> "Tokens":
        """The inverse of `declared`; FileError for what is no list of text."""
        if not isinstance(data, (list, tuple)) or not all(isinstance(piece, str) for piece in data):
            raise FileError("expected a list of tokens, all of them text")
        return cls(pieces=tuple(data))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Tokens":
        """Read `tokens.txt`: a line "piece index" for each piece, in any order, every index from 0 once.

        CheckpointError names the file and the line: no such file, not UTF-8, a line of another form, an index missing
        or twice.
        """
        file = Path(path)
        try:
            lines = file.read_text(encoding="utf-8").rstrip("\n").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(f"{file}: expected a list of tokens, UTF-8 text: {_reason(error)}") from error
        by_index: dict[int, str] = {}
        for number, line in enumerate(lines, start=1):
            piece, _, index_text = line.rpartition(" ")
            if not piece or not (index_text.isascii() and index_text.isdecimal()) or len(index_text) > 7:
                raise CheckpointError(f'{file}, line {number}: expected "piece index", got {line[:60]!a}')
            index = int(index_text)
            if index in by_index:
                raise CheckpointError(f"{file}, line {number}: index {index} is there twice")
            by_index[index] = piece
        missing = next(index for index in range(len(by_index) + 1) if index not in by_index)
        if missing != len(by_index):
            raise CheckpointError(f"{file}: index {missing} is missing; expected 0 to {len(by_index) - 1}, each once")
        try:
            return cls(pieces=tuple(by_index[index] for index in range(len(by_index))))
        except FileError as error:
            raise CheckpointError(f"{file}: {error}") from error

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token ids: pieces joined, a word's mark read as a space, single spaces, none at the ends.

        FileError: an id that is no piece, or the blank, which has no text.
        """
        parts: list[str] = []
        for token in ids:
            if not 0 <= token < self.blank:
                raise FileError(f"tokens: expected ids 0 to {self.blank - 1} without the blank, got {token}")
            piece = self.pieces[token]
            parts.append(UNKNOWN_TEXT if piece == UNKNOWN else piece)
        return " ".join("".join(parts).replace(WORD_START, " ").split())


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (
        (error.strerror or type(error).__name__) if isinstance(error, OSError) else f"byte {error.start} is not UTF-8"
    )
