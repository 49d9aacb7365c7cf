"""From a decoder's tokens to text: pieces by id, how they are written, and the special ones, which have no text.

    byte-level      each character of a piece stands for a byte, by GPT-2's table [Radford et al. 2019, section 2.2];
                    bytes that are no UTF-8 read as U+FFFD, marks of time such as <|1.02|> as nothing
    sentencepiece   U+2581 stands for a space; consecutive pieces <0x00> .. <0xFF> for bytes, of which those that are no
                    UTF-8 read as U+FFFD each [Kudo and Richardson 2018, arXiv:1808.06226]

These are the texts of the tokenizers of `transformers` without special tokens, their white space made single.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from earnest.errors import FileError
from earnest.file.canonical_json import shown
from earnest.runtime.pieces import Pieces
from earnest.runtime.text import WORD_START

BYTE_LEVEL, SENTENCEPIECE = "byte-level", "sentencepiece"
CODINGS = (BYTE_LEVEL, SENTENCEPIECE)

_MOST_PIECES, _LONGEST_PIECE = 1 << 20, 256
_KEYS = ("coding", "pieces", "special")
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_TIME = re.compile(r"<\|\d+\.\d+\|>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_REPLACED = "\ufffd"


def byte_characters() -> dict[str, int]:
    """GPT-2's table: bytes that print stand for themselves, the others for the characters from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + index): byte for index, byte in enumerate(others)}


_BYTE_OF = byte_characters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary(Pieces):
    """The pieces of a decoder by id, their coding, and the ids of those that have no text, ascending.

    FileError: another coding, fewer than two pieces, a piece that is too long or no text, a special id that is no piece
    or out of order.
    """

    coding: str
    pieces: tuple[str, ...] = field(repr=False)
    special: tuple[int, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if self.coding not in CODINGS:
            raise FileError(f"tokens: expected a coding of {list(CODINGS)}, got {shown(self.coding)}")
        if not 2 <= len(self.pieces) <= _MOST_PIECES:
            raise FileError(f"tokens: expected 2 to {_MOST_PIECES} pieces, got {len(self.pieces)}")
        for index, piece in enumerate(self.pieces):
            if type(piece) is not str or len(piece) > _LONGEST_PIECE or not _is_unicode(piece):
                raise FileError(
                    f"tokens: expected piece {index} to be text of {_LONGEST_PIECE} characters at most, "
                    f"got {str(piece)[:40]!a}"
                )
        lawful = all(type(token) is int and 0 <= token < len(self.pieces) for token in self.special)
        if not lawful or list(self.special) != sorted(set(self.special)):
            raise FileError(
                f"tokens: expected special ids 0 .. {len(self.pieces) - 1}, ascending, got {shown(self.special)}"
            )

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token ids: single spaces, none at the ends, no control characters.

        FileError: an id that is no piece.
        """
        pieces, special = [], set(self.special)
        for token in ids:
            if not 0 <= token < len(self.pieces):
                raise FileError(f"tokens: expected ids 0 to {len(self.pieces) - 1}, got {token}")
            if token not in special:
                pieces.append(self.pieces[token])
        text = _of_bytes(pieces) if self.coding == BYTE_LEVEL else _of_words(pieces)
        return _CONTROL.sub(_REPLACED, " ".join(text.split()))

    def declared(self) -> dict[str, Any]:
        """The form that a program carries."""
        return {"coding": self.coding, "pieces": list(self.pieces), "special": list(self.special)}

    @classmethod
    def of(cls, section: object) -> "Vocabulary":
        """The inverse of `declared`; FileError for a section of another form."""
        if not isinstance(section, Mapping) or set(section) != set(_KEYS):
            raise FileError(f"tokens: expected an object of {list(_KEYS)}, got {shown(section)}")
        for key in ("pieces", "special"):
            if not isinstance(section[key], list | tuple):
                raise FileError(f"tokens: {key}: expected a list, got {shown(section[key])}")
        return cls(coding=section["coding"], pieces=tuple(section["pieces"]), special=tuple(section["special"]))


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _of_bytes(pieces: list[str]) -> str:
    """A piece with a character that stands for no byte is text as it is."""
    found = bytearray()
    for piece in pieces:
        known = all(character in _BYTE_OF for character in piece)
        found += bytes(_BYTE_OF[character] for character in piece) if known else piece.encode()
    return _TIME.sub("", found.decode(errors="replace"))


def _of_words(pieces: list[str]) -> str:
    parts, run = [], bytearray()
    for piece in (*pieces, ""):
        if byte := _BYTE.fullmatch(piece):
            run.append(int(byte[1], 16))
            continue
        if run:
            parts.append(_of_run(bytes(run)))
            run.clear()
        parts.append(piece.replace(WORD_START, " "))
    return "".join(parts)


def _of_run(run: bytes) -> str:
    try:
        return run.decode()
    except UnicodeDecodeError:
        return _REPLACED * len(run)
