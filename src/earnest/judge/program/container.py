"""A safetensors file as a stranger reads it (docs/file-format.md): its header, its tensors' bytes, and its one text.

What cannot be read is a FileError. What can be read but should not be there (a type that is no integer, bytes that
belong to nothing, a float in the text) is kept, for the rules to find.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earnest.errors import FileError

METADATA, KEY = "__metadata__", "earnest"
LARGEST_FILE, LARGEST_HEADER, DEEPEST, MOST_AXES = 1 << 32, 1 << 24, 64, 8

ITEM_BITS = {
    name: bits
    for bits, names in {
        8: ("BOOL", "I8", "U8", "F8_E4M3", "F8_E5M2", "F8_E8M0"),
        16: ("I16", "U16", "F16", "BF16"),
        32: ("I32", "U32", "F32"),
        64: ("I64", "U64", "F64", "C64"),
    }.items()
    for name in names
}
"""Bits of a number of each type of safetensors."""

INTEGERS = ("I64", "I32", "U16", "I16", "I8", "U8")
"""The types that a program may hold, in the order in which its tensors lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One entry of the header; `begin` and `end` are bytes after the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A file that could be read. `reals` are the numbers in its JSON that are no integers, as they are written."""

    size: int
    header_bytes: int
    header_text: str
    metadata: Mapping[str, str]
    document: dict[str, Any]
    document_text: str
    tensors: tuple[Tensor, ...]
    body: memoryview
    reals: tuple[str, ...]

    def bytes_of(self, tensor: Tensor) -> memoryview:
        """The bytes of one tensor."""
        return self.body[tensor.begin : tensor.end]


def open_container(path: str | os.PathLike[str]) -> Container:
    """Read a file; FileError is one line that names it."""
    file = Path(path)
    try:
        if not file.is_file():
            raise FileError("expected a file, got " + ("a folder or a device" if file.exists() else "nothing there"))
        if file.stat().st_size > LARGEST_FILE:
            raise FileError(f"expected at most {LARGEST_FILE} bytes, got {file.stat().st_size}")
        return _read(file.read_bytes())
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}") from error
    except FileError as error:
        raise FileError(f"{file}: {error}") from None


def _read(data: bytes) -> Container:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= min(LARGEST_HEADER, len(data) - 8):
        raise FileError(f"expected a safetensors file, got {len(data)} bytes without a header that fits")
    reals: list[str] = []
    header_text = _utf8(data[8 : 8 + length])
    header = _json(header_text, "the header", reals)
    metadata = header.pop(METADATA, None)
    if not isinstance(metadata, dict) or not isinstance(metadata.get(KEY), str):
        raise FileError(f"expected a program, got a safetensors file without the metadata key {KEY!r}")
    if not all(isinstance(text, str) for text in metadata.values()):
        raise FileError("expected metadata of texts")
    body = memoryview(data)[8 + length :]
    return Container(
        size=len(data),
        header_bytes=8 + length,
        header_text=header_text,
        metadata=metadata,
        document=_json(metadata[KEY], "the operator list", reals),
        document_text=metadata[KEY],
        tensors=tuple(_tensor(name, entry, len(body)) for name, entry in header.items()),
        body=body,
        reals=tuple(reals),
    )


def _tensor(name: str, entry: Any, available: int) -> Tensor:
    shown = f"tensor {name[:80]!a}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise FileError(f"{shown}: expected dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_BITS:
        raise FileError(f"{shown}: expected a type of {sorted(ITEM_BITS)}, got {str(dtype)[:40]!a}")
    if not _naturals(shape) or len(shape) > MOST_AXES or not _naturals(offsets) or len(offsets) != 2:
        raise FileError(f"{shown}: expected a shape of at most {MOST_AXES} axes and two offsets, all integers from 0")
    begin, end = offsets
    if not begin <= end <= available or (end - begin) * 8 != math.prod(shape) * ITEM_BITS[dtype]:
        raise FileError(f"{shown}: expected the bytes of its shape within the file, got {begin} to {end}")
    return Tensor(name=name, dtype=dtype, shape=tuple(shape), begin=begin, end=end)


def _naturals(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 62 for value in values)


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"expected a header of UTF-8 text: {error}") from None


def _json(text: str, what: str, reals: list[str]) -> dict[str, Any]:
    """An object without doubled keys, whose integers have 64 bits; reals are noted and read as 0."""

    def real(written: str) -> int:
        reals.append(written)
        return 0

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise FileError(f"{what}: a key is there twice")
        return found

    try:
        found = json.loads(text, parse_float=real, parse_constant=real, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{what}: expected JSON: {str(error)[:120]}") from None
    if not isinstance(found, dict):
        raise FileError(f"{what}: expected an object")
    _check_depth(found, what)
    return found


def _check_depth(value: Any, what: str) -> None:
    """At most `DEEPEST` levels, and integers that 64 bits hold."""
    level: list[Any] = [value]
    for _ in range(DEEPEST + 1):
        if any(type(part) is int and not -(1 << 63) <= part < 1 << 63 for part in level):
            raise FileError(f"{what}: expected integers of 64 bits")
        inner: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                inner.extend(part.values())
            elif isinstance(part, list):
                inner.extend(part)
        if not inner:
            return
        level = inner
    raise FileError(f"{what}: expected at most {DEEPEST} levels")
