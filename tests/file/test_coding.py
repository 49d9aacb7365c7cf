"""Codings: sizes and types on disk, chunks that meet, and what is refused."""

import numpy as np
import pytest

from earnest.errors import FileError
from earnest.file import coding as module
from earnest.file.coding import KINDS, Coding
from earnest.integer.codes import code_range
from earnest.integer.packing import pack, packed_size


def test_widths():
    for kind, widest in (("signed", 64), ("unsigned", 63), ("odd", 7)):
        for bits in range(1, widest + 1):
            Coding(bits=bits, kind=kind)
        for bits in (0, -1, widest + 1, 1 << 70, True, "8", 8.0, None):
            with pytest.raises(FileError, match=f"expected {kind} codes of 1 to {widest} bits"):
                Coding(bits=bits, kind=kind)  # type: ignore[arg-type]
    for kind in ("symmetric", "", None, 3, ["odd"]):
        with pytest.raises(FileError, match="expected a coding of"):
            Coding(bits=4, kind=kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip_at_every_width(kind):
    for bits in range(1, {"signed": 65, "unsigned": 64, "odd": 8}[kind]):
        coding = Coding(bits=bits, kind=kind)
        low, high = (1 - (1 << bits), (1 << bits) - 1) if kind == "odd" else code_range(bits, signed=kind == "signed")
        codes = np.asarray([[low, high, low], [high, high, low]], dtype=np.int64)
        stored = coding.store(coding.canonical(codes))
        assert stored.nbytes == packed_size(6, bits)
        restored = coding.restore(stored, (2, 3))
        assert np.array_equal(restored, codes)
        assert restored.dtype == coding.codes_type
        assert stored.dtype.kind in "iu"
        native = bits in (8, 16, 32, 64) if kind == "signed" else bits in (8, 16) and kind == "unsigned"
        assert stored.shape == ((2, 3) if native else (packed_size(6, bits),))
        assert native or stored.dtype == np.uint8


@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 17, 64, 65])
@pytest.mark.parametrize("kind", KINDS)
def test_chunks_are_one_packing(monkeypatch, size, kind):
    coding = Coding(bits=5, kind=kind)
    monkeypatch.setattr(module, "CHUNK", 16)
    codes = np.arange(size) % 8 * 2 + 1
    codes = codes.astype(coding.codes_type)
    stored = coding.store(codes)
    monkeypatch.undo()
    assert np.array_equal(stored, coding.store(codes))
    if kind != "odd":
        assert np.array_equal(stored, pack(codes, 5, signed=kind == "signed"))
    monkeypatch.setattr(module, "CHUNK", 16)
    assert np.array_equal(coding.restore(stored, (size,)), codes)


def test_restore_refuses():
    coding, stored = Coding(bits=5, kind="signed"), np.zeros(2, dtype=np.uint8)
    for shape in ((0,), (-3,), (1 << 62, 4), (4,), (3, 3), (1,) * 9, (True,)):
        with pytest.raises(FileError, match="expected a"):
            coding.restore(stored, shape)
    for tensor in (stored.view(np.int8), stored[:1], stored.reshape(1, 2), stored.astype(np.int64)):
        with pytest.raises(FileError, match="expected a tensor of uint8"):
            coding.restore(tensor, (3,))
    with pytest.raises(FileError, match="no bit beyond the last code"):
        coding.restore(np.asarray([0, 128], dtype=np.uint8), (3,))
    with pytest.raises(FileError, match="expected a tensor of int16"):
        Coding(bits=16, kind="signed").restore(np.zeros((2, 2), dtype=np.int16), (4,))
