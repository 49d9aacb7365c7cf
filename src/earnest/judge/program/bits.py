"""Rows of b-bit fields (docs/file-format.md, "Bit order"): field i is bits b i ... b i + b - 1 of the row."""

import numpy as np

from earnest.errors import FileError


def row_bytes(count: int, bits: int) -> int:
    """How many bytes `count` fields take."""
    return (count * bits + 7) // 8


def fields(row: memoryview, count: int, bits: int, what: str) -> np.ndarray:
    """`count` unsigned fields as uint64; FileError where the row has another size or bits beyond the last field."""
    if len(row) != row_bytes(count, bits):
        raise FileError(
            f"{what}: expected {row_bytes(count, bits)} bytes for {count} fields of {bits} bits, got {len(row)}"
        )
    if count * bits % 8 and row[-1] >> (count * bits % 8):
        raise FileError(f"{what}: expected zeros beyond the last field")
    data = np.frombuffer(row, dtype=np.uint8)
    if bits <= 8:
        return _narrow(data, count, bits)
    # Up to 64 bits from any bit of a byte on: nine bytes hold them all.
    begin = np.arange(count, dtype=np.int64) * bits
    padded = np.concatenate([data, np.zeros(9, dtype=np.uint8)]).astype(np.uint64)
    low, offset = np.zeros(count, dtype=np.uint64), (begin % 8).astype(np.uint64)
    for index in range(8):
        low |= padded[begin // 8 + index] << np.uint64(8 * index)
    high = padded[begin // 8 + 8]
    words = (low >> offset) | np.where(offset > 0, high << (np.uint64(64) - np.maximum(offset, np.uint64(1))), 0)
    return words if bits == 64 else words & np.uint64((1 << bits) - 1)


def _narrow(data: np.ndarray, count: int, bits: int) -> np.ndarray:
    """Eight fields lie in `bits` whole bytes: one word."""
    groups = (count + 7) // 8
    padded = np.zeros(groups * bits, dtype=np.uint8)
    padded[: len(data)] = data
    words = np.zeros(groups, dtype=np.uint64)
    for index in range(bits):
        words |= padded[index::bits].astype(np.uint64) << np.uint64(8 * index)
    mask, found = np.uint64((1 << bits) - 1), np.empty((groups, 8), dtype=np.uint64)
    for index in range(8):
        found[:, index] = (words >> np.uint64(bits * index)) & mask
    return found.reshape(-1)[:count]


def codes(found: np.ndarray, coding: str, bits: int) -> np.ndarray:
    """Fields as codes in int64, by the coding of a tensor: signed, unsigned or odd."""
    whole = found.view(np.int64)
    if coding == "signed":
        return whole if bits == 64 else whole - ((whole >> (bits - 1)) << bits)
    return 2 * whole - (1 << bits) + 1 if coding == "odd" else whole
