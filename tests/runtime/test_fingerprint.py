"""Fingerprints know a recording and a row of codes again, and nothing else."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earnest.judge import certificate
from earnest.runtime.audio import read_audio
from earnest.runtime.fingerprint import audio_sha256, codes_sha256
from synthetic import tone


def test_the_hash_of_audio_is_that_of_its_16_bit_samples() -> None:
    samples = np.array([0.0, 1 / 32768, -1.0, 0.9999999, 1.5, -1.5, 0.5 / 32768, -0.5 / 32768], np.float32)
    expected = struct.pack("<8h", 0, 1, -32768, 32767, 32767, -32768, 1, 0)
    assert audio_sha256(samples) == hashlib.sha256(expected).hexdigest()


def test_the_container_of_audio_does_not_matter(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, (30_000 * tone(3, 0.5)).astype(np.int16), 16_000)
    soundfile.write(tmp_path / "other.wav", (30_000 * tone(4, 0.5)).astype(np.int16), 16_000)
    one, same, other = (audio_sha256(read_audio(tmp_path / n).samples) for n in ("a.wav", "a.flac", "other.wav"))
    assert one == same != other


@pytest.mark.parametrize("hashed", [codes_sha256, certificate.codes_sha256])
def test_the_hash_of_codes_is_that_of_shape_and_values(hashed: object) -> None:
    assert callable(hashed)
    codes = np.array([[1, -2, 3], [4, 5, -128]], np.int8)
    expected = hashlib.sha256(b"2,3\n" + struct.pack("<6q", 1, -2, 3, 4, 5, -128)).hexdigest()
    for carrier in (codes, codes.astype(np.int32), codes.astype(">i2"), np.asfortranarray(codes)):
        assert hashed(carrier) == expected
    changed = codes.copy()
    changed[1, 2] += 1
    assert hashed(codes.reshape(3, 2)) != expected
    assert hashed(changed) != expected
