"""Packed constants: the smallest width at every width, chunks that meet, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earnest.errors import FileError
from earnest.file import constants as module
from earnest.file.coding import Coding
from earnest.file.constants import Packing, cut
from earnest.integer.packing import packed_size

WIDE, BYTE = Coding(bits=64, kind="signed"), Coding(bits=8, kind="unsigned")
ENDS = (-(1 << 63), (1 << 63) - 1)


@pytest.mark.parametrize("bits", range(1, 65))
def test_round_trip_at_every_width(bits):
    for least in (ENDS[0], -(1 << (bits - 1)), -3, ENDS[1] - (1 << bits) + 1):
        if least + (1 << bits) - 1 > ENDS[1]:
            continue
        codes = np.asarray([[least, least + (1 << bits) - 1, least], [least + (1 << (bits - 1)), least, least]])
        packing = Packing.of(codes)
        assert packing == Packing(bits=bits, least=least, shape=(2, 3)) == Packing.read(packing.record)
        stored = packing.store(codes)
        assert stored.nbytes == packing.size == packed_size(6, bits)
        restored = packing.restore(stored, WIDE)
        assert restored.dtype == np.int64
        assert np.array_equal(restored, codes)


@given(st.lists(st.integers(*ENDS) | st.sampled_from(ENDS), min_size=1, max_size=9))
@settings(max_examples=100)
def test_the_bytes_are_those_of_python_integers(values):
    codes = np.asarray(values, dtype=np.int64)
    packing = Packing.of(codes)
    row = sum((value - min(values)) << (index * packing.bits) for index, value in enumerate(values))
    assert packing.store(codes).tobytes() == row.to_bytes(packing.size, "little")
    assert packing.restore(packing.store(codes), WIDE).tolist() == values


@pytest.mark.parametrize("size", [1, 15, 16, 17, 48, 49])
def test_chunks_are_one_packing(monkeypatch, size):
    codes = np.arange(size) * 3 - 20
    packing = Packing.of(codes)
    monkeypatch.setattr(module, "CHUNK", 16)
    assert np.array_equal(packing.restore(packing.store(codes), WIDE), codes)


def test_equal_values_take_one_bit():
    assert Packing.of(np.full(8, 40503)) == Packing(bits=1, least=40503, shape=(8,))
    assert Packing.of(np.asarray(7)).record == [1, 7, []]


REFUSED = {
    "0 .. 255 from -1": (Packing(bits=1, least=-1, shape=(2,)), [2], r"unsigned codes of 8 bits, 0 \.\. 255, got -1"),
    "0 .. 255 to 256": (Packing(bits=1, least=255, shape=(2,)), [2], r"got 255 \.\. 256"),
    "wider": (Packing(bits=4, least=0, shape=(2,)), [0x70], "values need, 3 bits from 0, got 4 from 0"),
    "from below": (Packing(bits=4, least=0, shape=(2,)), [0xF1], "values need, 4 bits from 1, got 4 from 0"),
    "spare bits": (Packing(bits=1, least=0, shape=(2,)), [6], "no bit beyond the last code"),
    "far beyond": (Packing(bits=64, least=ENDS[0], shape=(1,)), [255] * 8, "expected unsigned codes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_restore_refuses(name):
    packing, row, message = REFUSED[name]
    with pytest.raises(FileError, match=message):
        packing.restore(np.asarray(row, dtype=np.uint8), BYTE)


def test_wrapping_round_is_refused():
    with pytest.raises(FileError, match="expected signed codes of 64 bits"):
        Packing(bits=1, least=ENDS[1], shape=(2,)).restore(np.asarray([2], dtype=np.uint8), WIDE)


def test_cut():
    packings = [Packing(bits=3, least=0, shape=(3,)), Packing(bits=1, least=0, shape=(8,))]
    assert [part.tolist() for part in cut(np.asarray([1, 2, 3], dtype=np.uint8), packings)] == [[1, 2], [3]]
    for data in (np.zeros(2, np.uint8), np.zeros(4, np.uint8), np.zeros((1, 3), np.uint8), np.zeros(3, np.int8)):
        with pytest.raises(FileError, match=r"expected a tensor of uint8 \(3,\)"):
            cut(data, packings)
