"""Packing: integers of b bits in b bits, little-endian, without gaps.

The lowest bit of the first code is bit 0 of the first byte. A signed code is stored in two's complement of its width;
an odd weight code c of b bits as (c + 2^b - 1) / 2.
"""

from functools import cache
from math import gcd

import numpy as np

from earnest.errors import ProgramError
from earnest.integer.codes import code_range, storage

_WIDEST_FIELD = 57
"""Bits of a field that lie within one word of 64 bits wherever in a byte the field begins."""


def packed_size(count: int, bits: int) -> int:
    """Bytes that `count` codes of `bits` bits take."""
    return (count * bits + 7) >> 3


def pack(codes: np.ndarray, bits: int, *, signed: bool) -> np.ndarray:
    """The bytes of the codes, in row-major order; refuses a code that the width cannot hold."""
    low, high = code_range(bits, signed=signed)
    flat = np.ascontiguousarray(codes).reshape(-1)
    if flat.size and (int(flat.min()) < low or int(flat.max()) > high):
        raise ProgramError(f"expected codes in {low} .. {high}, got {flat.min()} .. {flat.max()}")
    container = _container(bits, signed=True)
    words = flat.astype(container).view(np.uint8).reshape(flat.size, container.itemsize)
    return np.packbits(np.unpackbits(words, axis=1, bitorder="little")[:, :bits].reshape(-1), bitorder="little")


def unpack(packed: np.ndarray, count: int, bits: int, *, signed: bool, dtype: np.dtype) -> np.ndarray:
    """`count` codes from their bytes; refuses bytes of another size, and bits set beyond the last code."""
    if packed.dtype != np.uint8 or packed.shape != (packed_size(count, bits),):
        raise ProgramError(
            f"expected {packed_size(count, bits)} bytes for {count} codes of {bits} bits, got {packed.shape}"
        )
    spare = 8 * packed.size - count * bits
    if spare and int(packed[-1]) >> (8 - spare):
        raise ProgramError("expected no bit beyond the last code")
    if bits <= _WIDEST_FIELD:
        return _fields(packed, count, bits, 0, bits, signed).astype(dtype, copy=False)
    low, high = _fields(packed, count, bits, 0, 32, signed=False), _fields(packed, count, bits, 32, bits - 32, signed)
    return (low.astype(np.int64) | high.astype(np.int64) << 32).astype(dtype)


def _fields(packed: np.ndarray, count: int, stride: int, start: int, width: int, signed: bool) -> np.ndarray:
    """The fields of `width` bits at the bits start + i * stride of the bytes, 0 <= i < count.

    Each is cut out of the word that begins with its first byte. A shift to the left drops what lies above a signed one,
    and one to the right what lies below, which copies the sign.
    """
    first, shift = _places(stride, start, width, signed)
    period, word = len(first), shift.dtype
    span, groups = period * stride >> 3, -(-count // period)
    filled = np.zeros(groups * span + first[-1] + word.itemsize, dtype=np.uint8)
    filled[: packed.size] = packed
    windows = np.ndarray((first[-1] + 1, groups), word, filled, strides=(1, span))[first]
    words = windows << shift >> 8 * word.itemsize - width if signed else windows >> shift & (1 << width) - 1
    fields = np.empty((groups, period), dtype=word)
    for place, column in enumerate(words):
        fields[:, place] = column
    return fields.reshape(-1)[:count]


@cache
def _places(stride: int, start: int, width: int, signed: bool) -> tuple[list[int], np.ndarray]:
    """Where fields lie within their bytes repeats after 8 / gcd(stride, 8) of them. For each of these its first byte;
    and the bits above it (signed) or below it, in words of their type, which is wide enough for all.
    """
    places = [start + place * stride for place in range(8 // gcd(stride, 8))]
    below = [place & 7 for place in places]
    word = _container(max(below) + width, signed=signed)
    shifts = [8 * word.itemsize - width - bits for bits in below] if signed else below
    return [place >> 3 for place in places], np.asarray(shifts, dtype=word).reshape(-1, 1)


def _container(bits: int, *, signed: bool) -> np.dtype:
    return storage(bits, signed=signed).newbyteorder("<")
