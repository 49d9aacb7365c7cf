"""Packing: what was packed comes back; bytes that no packing makes are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.errors import ProgramError
from earnest.integer.codes import code_range
from earnest.integer.packing import pack, packed_size, unpack

WIDTHS = [*range(1, 26), 31, 32, 33, 47, 48, 63, 64]


def _dtype(signed: bool) -> np.dtype:
    return np.dtype(np.int64 if signed else np.uint64)


@given(st.data())
def test_round_trip(data):
    bits, signed = data.draw(st.sampled_from(WIDTHS)), data.draw(st.booleans())
    bits = min(bits, 63) if not signed else bits
    low, high = code_range(bits, signed=signed)
    drawn = data.draw(st.lists(st.one_of(st.integers(low, high), st.sampled_from([low, high])), max_size=40))
    codes = np.asarray(drawn, dtype=np.int64)
    packed = pack(codes, bits, signed=signed)
    assert packed.dtype == np.uint8
    assert packed.shape == (packed_size(len(codes), bits),) == (-(-len(codes) * bits // 8),)
    assert unpack(packed, len(codes), bits, signed=signed, dtype=_dtype(signed)).tolist() == drawn


@given(st.integers(1, 24), st.booleans(), st.integers(0, 20), st.data())
def test_bytes_are_codes_or_refused(bits, signed, count, data):
    """Every string of bytes of the right size either packs back to itself or has a bit beyond the last code."""
    size = packed_size(count, bits)
    packed = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), dtype=np.uint8)
    spare = int.from_bytes(packed.tobytes(), "little") >> (count * bits)
    if spare:
        with pytest.raises(ProgramError, match="beyond the last code"):
            unpack(packed, count, bits, signed=signed, dtype=np.dtype(np.int64))
        return
    codes = unpack(packed, count, bits, signed=signed, dtype=np.dtype(np.int64))
    assert np.array_equal(pack(codes, bits, signed=signed), packed)


@pytest.mark.parametrize("bits", range(1, 65))
def test_fields_are_those_of_one_long_python_integer(bits):
    """At every width, every place of a field within its bytes, and every number of fields up to two periods."""
    row = int.from_bytes(np.random.default_rng(bits).bytes(17 * 8), "little")
    for count in range(18):
        fields = [row >> (place * bits) & ((1 << bits) - 1) for place in range(count)]
        whole = sum(field << (place * bits) for place, field in enumerate(fields))
        packed = np.frombuffer(whole.to_bytes(packed_size(count, bits), "little"), dtype=np.uint8)
        signs = [field - (field >> (bits - 1) << bits) for field in fields]
        for signed, expected in ((False, fields), (True, signs)):
            assert unpack(packed, count, bits, signed=signed, dtype=_dtype(signed)).tolist() == expected


def test_bit_order():
    """As docs/semantics.md says: the lowest bit of the first code is bit 0 of the first byte."""
    assert pack(np.asarray([1, 0, 1, 1]), 1, signed=False).tolist() == [0b1101]
    assert pack(np.asarray([-1, 1, -4]), 3, signed=True).tolist() == [0b00_001_111, 0b1]
    assert pack(np.asarray([0xABC, 0x123]), 12, signed=False).tolist() == [0xBC, 0x3A, 0x12]
    assert pack(np.asarray([[-2, 1]]), 16, signed=True).tolist() == [0xFE, 0xFF, 1, 0]


@pytest.mark.parametrize("bits", [1, 2, 5, 8, 16, 24])
@pytest.mark.parametrize("signed", [True, False])
def test_codes_beyond_the_width_are_refused(bits, signed):
    low, high = code_range(bits, signed=signed)
    for code in (low - 1, high + 1):
        with pytest.raises(ProgramError, match="expected codes in"):
            pack(np.asarray([0, code]), bits, signed=signed)


@pytest.mark.parametrize("size", [0, 1, 3, 100])
def test_bytes_of_another_size_are_refused(size):
    with pytest.raises(ProgramError, match="expected 2 bytes for 3 codes of 5 bits"):
        unpack(np.zeros(size, dtype=np.uint8), 3, 5, signed=True, dtype=np.dtype(np.int8))


def test_what_is_no_bytes_is_refused():
    with pytest.raises(ProgramError):
        unpack(np.zeros(2, dtype=np.int8), 2, 8, signed=True, dtype=np.dtype(np.int8))
    with pytest.raises(ProgramError):
        unpack(np.zeros((2, 1), dtype=np.uint8), 2, 8, signed=True, dtype=np.dtype(np.int8))
