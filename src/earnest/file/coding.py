"""Coding: how the codes of one array become bytes, and come back.

signed: two's complement of b bits. unsigned: b bits. odd: the weight code c, an odd number, as (c + 2^b - 1) / 2 in b.
Widths that have a type of their own (8, 16, 32 and 64 bits) are tensors of that type in their shape; any other width is
packed into a row of bytes, and the shape stands beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeGuard

import numpy as np

from earnest.errors import FileError, ProgramError
from earnest.file.canonical_json import shown
from earnest.integer.codes import code_range, storage
from earnest.integer.law.operator import Operator, declared
from earnest.integer.packing import pack, packed_size, unpack

ODD = "odd"
"""The weight map that has a coding of its own."""

KINDS = ("signed", "unsigned", ODD)

_NATIVE = {
    ("signed", 8): np.dtype("i1"),
    ("unsigned", 8): np.dtype("u1"),
    ("signed", 16): np.dtype("i2"),
    ("unsigned", 16): np.dtype("u2"),
    ("signed", 32): np.dtype("i4"),
    ("signed", 64): np.dtype("i8"),
}
_WIDEST = {"signed": 64, "unsigned": 63, ODD: 7}
"""The law knows no uint64, and an odd code fits int8."""

_RANK = 8
CHUNK = 1 << 17
"""Codes packed at a time, a multiple of 8: every chunk is whole bytes, and its bits, spread out, stay small."""


def _is_array(value: Any) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """Width and kind of an array's codes."""

    bits: int
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FileError(f"expected a coding of {KINDS}, got {shown(self.kind)}")
        if type(self.bits) is not int or not 1 <= self.bits <= _WIDEST[self.kind]:
            raise FileError(f"expected {self.kind} codes of 1 to {_WIDEST[self.kind]} bits, got {shown(self.bits)}")

    @property
    def codes_type(self) -> np.dtype:
        """The smallest NumPy type that holds the codes; that of a weight is int8."""
        return np.dtype(np.int8) if self.kind == ODD else storage(self.bits, signed=self.kind == "signed")

    @property
    def range(self) -> tuple[int, int]:
        """Lowest and highest code."""
        if self.kind == ODD:
            return 1 - (1 << self.bits), (1 << self.bits) - 1
        return code_range(self.bits, signed=self.kind == "signed")

    def canonical(self, codes: Any) -> np.ndarray:
        """The codes in their smallest type, in row-major order; refuses what the width cannot hold."""
        if not _is_array(codes) or codes.dtype.kind not in "iu" or codes.size == 0 or codes.ndim > _RANK:
            got = f"{codes.dtype} {codes.shape}" if _is_array(codes) else type(codes).__name__
            raise FileError(f"expected a non-empty integer array of at most {_RANK} axes, got {got}")
        if self.kind == ODD and not (codes & 1).all():
            raise FileError("expected odd weight codes only")
        low, high = self.range
        least, most = int(codes.min()), int(codes.max())
        if least < low or most > high:
            raise FileError(f"expected {self.kind} codes in {low} .. {high}, got {least} .. {most}")
        return np.ascontiguousarray(codes, dtype=self.codes_type).reshape(codes.shape)

    def store(self, codes: np.ndarray) -> np.ndarray:
        """The tensor of canonical codes."""
        native = _NATIVE.get((self.kind, self.bits))
        if native is not None:
            return codes.astype(native, copy=False)
        flat = codes.reshape(-1)
        return np.concatenate([self._pack(flat[at : at + CHUNK]) for at in range(0, flat.size, CHUNK)])

    def restore(self, tensor: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Canonical codes of an untrusted tensor. At most 8 codes come out of a byte, so the file bounds the memory."""
        count = self.count(shape)
        native = _NATIVE.get((self.kind, self.bits))
        kind, extents = (native, shape) if native is not None else (np.dtype("u1"), (packed_size(count, self.bits),))
        if tensor.dtype != kind or tensor.shape != extents:
            raise FileError(
                f"expected a tensor of {kind} {extents} for codes of {self.bits} bits, {self.kind}, and shape {shape}, "
                f"got {tensor.dtype} {tensor.shape}"
            )
        if native is not None:
            return tensor.astype(self.codes_type, copy=False)
        codes = np.empty(count, dtype=self.codes_type)
        size = packed_size(CHUNK, self.bits)
        for index, at in enumerate(range(0, count, CHUNK)):
            part = codes[at : at + CHUNK]
            part[:] = self._unpack(tensor[index * size : (index + 1) * size], part.size)
        return codes.reshape(shape)

    @staticmethod
    def count(shape: tuple[int, ...]) -> int:
        """Codes of a shape; refuses extents below 1 and more axes than NumPy code here expects."""
        if len(shape) > _RANK or not all(type(extent) is int and extent >= 1 for extent in shape):
            raise FileError(f"expected a shape of at most {_RANK} axes of 1 or more, got {shown(shape)}")
        return prod(shape)

    def _pack(self, codes: np.ndarray) -> np.ndarray:
        if self.kind == ODD:
            codes = (codes.astype(np.int16) + ((1 << self.bits) - 1)) >> 1
        return pack(codes, self.bits, signed=self.kind == "signed")

    def _unpack(self, packed: np.ndarray, count: int) -> np.ndarray:
        dtype = np.dtype(np.int16) if self.kind == ODD else self.codes_type
        try:
            codes = unpack(packed, count, self.bits, signed=self.kind == "signed", dtype=dtype)
        except ProgramError as error:
            raise FileError(str(error)) from None
        return 2 * codes - ((1 << self.bits) - 1) if self.kind == ODD else codes


def coding_of(kind: type[Operator], name: str, values: Mapping[str, Any]) -> Coding:
    """How an operator's array is declared: its width, which another field may hold, and for weights their map."""
    width = declared(kind)[name]
    bits = values[width.bits] if isinstance(width.bits, str) else width.bits
    if width.weight_map is not None and values[width.weight_map] == ODD:
        return Coding(bits=bits, kind=ODD)
    return Coding(bits=bits, kind="signed" if width.signed else "unsigned")
