"""Packing: integers of b bits in b bits, little-endian, without gaps.

The lowest bit of the first code is bit 0 of the first byte. A signed code is stored in two's complement of its width;
an odd weight code c of b bits as (c + 2^b - 1) / 2.
"""

import numpy as np

from earnest.errors import ProgramError
from earnest.integer.codes import code_range, storage


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
    digits = np.unpackbits(packed, bitorder="little")
    if digits[count * bits :].any():
        raise ProgramError("expected no bit beyond the last code")
    digits = digits[: count * bits].reshape(count, bits)
    container = _container(bits, signed=signed)
    filler = np.repeat(
        digits[:, -1:] if signed else np.zeros_like(digits[:, :1]), 8 * container.itemsize - bits, axis=1
    )
    words = np.packbits(np.concatenate([digits, filler], axis=1), axis=1, bitorder="little")
    return np.ascontiguousarray(words).view(container).reshape(count).astype(dtype)


def _container(bits: int, *, signed: bool) -> np.dtype:
    return storage(bits, signed=signed).newbyteorder("<")
