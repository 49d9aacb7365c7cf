r"""Fingerprints: hashes by which a recording or a row of codes is known again, whatever file or type carried it.

Of audio: the SHA-256 of the mono samples at the rate of the front end, as integers of 16 bits, little-endian:
clamp(floor(32768 x + 1/2)). A FLAC and a WAV of the same samples have the same one; decoders of MP3 and resampling are
not the same to the bit on every machine.

Of codes: the SHA-256 of their shape, decimal numbers with commas and a line feed (`1,134,80\n`), and of the codes as
little-endian integers of 64 bits, row by row.
"""

import hashlib

import numpy as np
import numpy.typing as npt

_SCALE, _LOW, _HIGH = 32768, -32768, 32767


def audio_sha256(samples: npt.NDArray[np.floating]) -> str:
    """The hash (hex) of samples in [-1, 1); what lies outside counts as the nearest end."""
    scaled = np.floor(samples.astype(np.float64) * _SCALE + 0.5)
    return hashlib.sha256(np.clip(scaled, _LOW, _HIGH).astype("<i2").tobytes()).hexdigest()


def codes_sha256(codes: npt.NDArray[np.integer]) -> str:
    """The hash (hex) of codes of any integer type."""
    digest = hashlib.sha256(",".join(map(str, codes.shape)).encode() + b"\n")
    digest.update(np.ascontiguousarray(codes, dtype="<i8").tobytes())
    return digest.hexdigest()
