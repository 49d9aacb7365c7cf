"""A JSON document of a stranger: read strictly, and asked for its parts by type; FileError names the part."""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from reprlib import Repr
from typing import Any, NoReturn

from earnest.errors import FileError

LARGEST = 1 << 28
"""Bytes of a document; a record of all of LibriSpeech takes some 30 million."""

LONGEST_TEXT = 1 << 16
"""Characters of one text; an utterance of an hour has fewer."""

MOST = (1 << 53) - 1
"""The largest integer: greater ones are not the same in every reader of JSON."""

DEEPEST = 64
"""Levels of lists and objects."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHOWN = Repr()
_SHOWN.maxstring = _SHOWN.maxother = 60


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object, and what it is called in errors."""

    content: Mapping[str, Any]
    source: str

    def text(self, key: str) -> str:
        """A text, which may be empty."""
        value = self.content.get(key)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or not _is_unicode(value):
            self.refuse(key, f"text of at most {LONGEST_TEXT} characters")
        return value

    def name(self, key: str) -> str:
        """A text that is printable and not empty."""
        value = self.text(key)
        if not value or not value.isprintable():
            self.refuse(key, "printable text, not empty")
        return value

    def sha256(self, key: str) -> str:
        """64 hexadecimal digits, small letters."""
        value = self.content.get(key)
        if not isinstance(value, str) or not _SHA256.fullmatch(value):
            self.refuse(key, "a SHA-256 of 64 hexadecimal digits")
        return value

    def count(self, key: str) -> int:
        """An integer from 0."""
        value = self.content.get(key)
        if type(value) is not int or not 0 <= value <= MOST:
            self.refuse(key, f"an integer of 0 to {MOST}")
        return value

    def number(self, key: str) -> float:
        """A finite number."""
        value = self.content.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
            self.refuse(key, "a finite number")
        return float(value)

    def part(self, key: str) -> "Document":
        """An object."""
        return Document(self._object(self.content.get(key), key), f"{self.source}: {key}")

    def parts(self, key: str) -> "list[Document]":
        """A list of objects."""
        value = self.content.get(key)
        if not isinstance(value, list | tuple):
            self.refuse(key, "a list of objects")
        return [
            Document(self._object(item, f"{key}[{i}]"), f"{self.source}: {key}[{i}]") for i, item in enumerate(value)
        ]

    def has(self, key: str) -> bool:
        """Whether the key is there with a value."""
        return self.content.get(key) is not None

    def refuse(self, key: str, expected: str) -> NoReturn:
        """The error of a part that is not as expected."""
        came = _SHOWN.repr(self.content[key]) if key in self.content else "nothing"
        raise FileError(f"{self.source}: {key}: expected {expected}, got {came}")

    def _object(self, value: Any, key: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise FileError(f"{self.source}: {key}: expected an object, got {_SHOWN.repr(value)}")
        return value


def read_document(path: str | os.PathLike[str], *, kind: str, version: int) -> Document:
    """The document of a file of this kind and version."""
    file = Path(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise FileError(f"{file}: expected at most {LARGEST} bytes, got more")
        value = _shallow(
            json.loads(content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_finite, parse_float=_finite)
        )
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{file}: expected a JSON document ({kind}): {error}") from error
    return checked_document(value, source=str(file), kind=kind, version=version)


def checked_document(value: Any, *, source: str, kind: str, version: int) -> Document:
    """The document of a value that is in memory."""
    if not isinstance(value, Mapping):
        raise FileError(f"{source}: expected a JSON object ({kind}), got {_SHOWN.repr(value)}")
    document = Document(value, source)
    if value.get("kind") != kind:
        document.refuse("kind", repr(kind))
    if type(value.get("version")) is not int or value["version"] != version:
        document.refuse("version", str(version))
    return document


def _shallow(value: Any, depth: int = 0) -> Any:
    """The value, whose walkers may then call themselves."""
    if depth > DEEPEST:
        raise ValueError(f"more than {DEEPEST} levels of lists and objects")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, dict | list):
            _shallow(item, depth + 1)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("a key is there twice in one object")
    return keys


def _finite(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError(f"{literal[:20]} is no finite number")
    return value


def _is_unicode(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
