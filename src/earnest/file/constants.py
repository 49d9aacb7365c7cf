"""Constants: the small arrays of one step, one after the other in a row of bytes, each as wide as its values need.

An array is its least value, and of each value the distance from it, unsigned, in `bits` bits: those that the greatest
distance needs, 1 at least. Each array begins on a whole byte; the bits beyond its last distance are 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earnest.errors import FileError, ProgramError
from earnest.file.canonical_json import shown
from earnest.file.coding import CHUNK, Coding
from earnest.file.record import check_integer, check_list
from earnest.integer.packing import pack, packed_size, unpack

_WIDEST = 64
_WORD = (1 << _WIDEST) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """How one array lies in its bytes."""

    bits: int
    least: int
    shape: tuple[int, ...]

    @classmethod
    def of(cls, codes: np.ndarray) -> "Packing":
        """The one packing of canonical codes."""
        least, most = int(codes.min()), int(codes.max())
        return cls(bits=_width(most - least), least=least, shape=codes.shape)

    @classmethod
    def read(cls, record: object) -> "Packing":
        """The packing that untrusted JSON tells."""
        parts = check_list(record, "packing")
        if len(parts) != 3:
            raise FileError(f"expected [bits, least, shape], got {shown(record)}")
        bits, least = check_integer(parts[0], "bits"), check_integer(parts[1], "least")
        if not 1 <= bits <= _WIDEST:
            raise FileError(f"expected a width of 1 to {_WIDEST} bits, got {shown(bits)}")
        shape = tuple(check_integer(extent, "shape") for extent in check_list(parts[2], "shape"))
        Coding.count(shape)
        return cls(bits=bits, least=least, shape=shape)

    @property
    def record(self) -> list[object]:
        """The packing as JSON."""
        return [self.bits, self.least, list(self.shape)]

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return packed_size(Coding.count(self.shape), self.bits)

    def store(self, codes: np.ndarray) -> np.ndarray:
        """The bytes of canonical codes."""
        distances = codes.reshape(-1).astype(np.int64).view(np.uint64) - np.uint64(self.least & _WORD)
        return pack(distances, self.bits, signed=False)

    def restore(self, data: np.ndarray, coding: Coding) -> np.ndarray:
        """The codes of untrusted bytes of the right number, in the type of their declared width.

        At most 8 codes come out of a byte, so that the file bounds the memory.
        """
        codes = np.empty(Coding.count(self.shape), dtype=coding.codes_type)
        nearest, farthest = _WORD, 0
        step = packed_size(CHUNK, self.bits)
        for index, at in enumerate(range(0, codes.size, CHUNK)):
            part = codes[at : at + CHUNK]
            distances = self._distances(data[index * step : (index + 1) * step], part.size)
            nearest, farthest = min(nearest, int(distances.min())), max(farthest, int(distances.max()))
            self._check(farthest, coding)
            part[:] = (distances + np.uint64(self.least & _WORD)).view(np.int64)
        if nearest != 0 or _width(farthest) != self.bits:
            raise FileError(
                f"expected the smallest width that the values need, {_width(farthest - nearest)} bits from "
                f"{self.least + nearest}, got {self.bits} from {self.least}"
            )
        return codes.reshape(self.shape)

    def _distances(self, data: np.ndarray, count: int) -> np.ndarray:
        try:
            return unpack(data, count, self.bits, signed=False, dtype=np.dtype(np.uint64))
        except ProgramError as error:
            raise FileError(str(error)) from None

    def _check(self, farthest: int, coding: Coding) -> None:
        low, high = coding.range
        if self.least < low or self.least + farthest > high:
            raise FileError(
                f"expected {coding.kind} codes of {coding.bits} bits, {low} .. {high}, "
                f"got {self.least} .. {self.least + farthest}"
            )


def join(packings: Sequence[Packing], arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The bytes of each array, one after the other."""
    return np.concatenate([packing.store(codes) for packing, codes in zip(packings, arrays, strict=True)])


def cut(data: np.ndarray, packings: Sequence[Packing]) -> list[np.ndarray]:
    """The bytes of each array of an untrusted tensor; refuses a tensor of another size or type."""
    size = sum(packing.size for packing in packings)
    if data.dtype != np.uint8 or data.shape != (size,):
        raise FileError(f"expected a tensor of uint8 ({size},), got {data.dtype} {data.shape}")
    parts: list[np.ndarray] = []
    at = 0
    for packing in packings:
        parts.append(data[at : at + packing.size])
        at += packing.size
    return parts


def _width(distance: int) -> int:
    return max(1, distance.bit_length())
