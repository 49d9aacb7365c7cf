"""The container: a safetensors file with integer tensors only, and one text in its metadata.

8 bytes give the length of a JSON header, little-endian; the header gives type, shape and place of each tensor; the rest
is the tensors without gaps. The safetensors library writes, and checks places and sizes; types and keys are checked
here, before it.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from earnest.errors import FileError
from earnest.file.canonical_json import decode, is_list, is_object, shown

METADATA, KEY = "__metadata__", "earnest"

LARGEST_FILE = 1 << 32
LARGEST_HEADER = 1 << 24
"""Bytes. The parts of a JSON header take up to some 25 times its size in memory, which this keeps below half a GiB."""

TYPES = {"I64": "i8", "I32": "i4", "U16": "u2", "I16": "i2", "I8": "i1", "U8": "u1"}
"""What a tensor may be: integers. The names of safetensors, in its order of tensors, and those of NumPy."""

_PREFIX = 8
_ALIGNMENT = 8
_ENTRY = {"dtype", "shape", "data_offsets"}


def write(tensors: Mapping[str, np.ndarray], text: str) -> bytes:
    """The bytes of a file; the order of `tensors` does not matter."""
    data = safetensors.numpy.save(dict(tensors), metadata={KEY: text})
    length = int.from_bytes(data[:_PREFIX], "little")
    if length > LARGEST_HEADER or len(data) > LARGEST_FILE:
        raise FileError(
            f"expected at most {LARGEST_HEADER} bytes of operator list and {LARGEST_FILE} in all, got {length} and "
            f"{len(data)}: make a smaller program"
        )
    return data


def head(tensors: Mapping[str, np.ndarray], text: str) -> bytes:
    """What stands before the tensors in the one file that `write` makes of them."""
    types = {np.dtype(kind): (place, name) for place, (name, kind) in enumerate(TYPES.items())}
    entries: dict[str, Any] = {METADATA: {KEY: text}}
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (types[item[1].dtype][0], item[0])):
        begin, end = end, end + tensor.nbytes
        kind = types[tensor.dtype][1]
        entries[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [begin, end]}
    header = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    header += b" " * (-len(header) % _ALIGNMENT)
    return len(header).to_bytes(_PREFIX, "little") + header


def read(data: bytes) -> tuple[str, dict[str, np.ndarray]]:
    """The text and the tensors of an untrusted file; nothing larger than the file is allocated for a tensor."""
    header = _header(data)
    metadata = header.pop(METADATA, None)
    if not is_object(metadata) or set(metadata) != {KEY} or not isinstance(metadata[KEY], str):
        raise FileError(
            f"expected metadata with the one key {KEY!r}, got {shown(metadata)}: this safetensors file is no program; "
            "make one with `earnest quantize`"
        )
    for name, entry in header.items():
        _check_entry(name, entry)
    try:
        tensors = safetensors.numpy.load(data)
    except SafetensorError as error:
        raise FileError(f"expected a whole safetensors file: {error}: copy or make the file again") from None
    return metadata[KEY], tensors


def _header(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST_FILE:
        raise FileError(f"expected at most {LARGEST_FILE} bytes, got {len(data)}")
    length = int.from_bytes(data[:_PREFIX], "little")
    if len(data) < _PREFIX or not 2 <= length <= min(LARGEST_HEADER, len(data) - _PREFIX):
        raise FileError(
            f"expected a safetensors file with a header of 2 to {LARGEST_HEADER} bytes, got {len(data)} bytes that "
            f"begin with {data[:_PREFIX].hex() or 'nothing'}: this is no program, or only a part of one"
        )
    try:
        text = data[_PREFIX : _PREFIX + length].decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"expected a header of UTF-8 text: {error}") from None
    header = decode(text, "header")
    if not is_object(header):
        raise FileError(f"expected a header that is an object, got {shown(header)}")
    return header


def _check_entry(name: str, entry: Any) -> None:
    if not is_object(entry) or set(entry) != _ENTRY:
        raise FileError(f"tensor {shown(name)}: expected {sorted(_ENTRY)}, got {shown(entry)}")
    if entry["dtype"] not in list(TYPES):
        raise FileError(
            f"tensor {shown(name)}: expected a type of {tuple(TYPES)}, got {shown(entry['dtype'])}: "
            "a program holds integer tensors only"
        )
    for key, least in (("shape", 1), ("data_offsets", 0)):
        numbers = entry[key]
        if not is_list(numbers) or not all(type(number) is int and number >= least for number in numbers):
            raise FileError(f"tensor {shown(name)}: expected {key} of integers from {least}, got {shown(numbers)}")
