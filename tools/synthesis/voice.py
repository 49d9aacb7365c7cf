"""Debian's espeak-ng: a sentence to dry samples."""

import io
import shutil
import subprocess

import numpy as np
import soundfile
from scipy.signal import resample_poly

from earnest.errors import DataError
from earnest.training.data.acoustics import Samples

PROGRAM = "espeak-ng"


def required() -> None:
    """DataError where the program is not installed."""
    if shutil.which(PROGRAM) is None:
        raise DataError(f"expected the program {PROGRAM}, got none: install it (on Debian: apt install {PROGRAM})")


def spoken(sentence: str, voice: str, *, words_per_minute: int, pitch: int, rate: int) -> Samples:
    """The sentence in that voice, at `rate` hertz. DataError where espeak-ng does not know the voice."""
    command = [PROGRAM, "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdout", "--", sentence]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode or not done.stdout:
        reason = " ".join(done.stderr.decode(errors="replace").split())
        raise DataError(f"{PROGRAM} -v {voice}: expected speech, got exit status {done.returncode}: {reason}")
    samples, source_rate = soundfile.read(io.BytesIO(done.stdout), dtype="float64")
    divisor = np.gcd(source_rate, rate)
    return resample_poly(samples, rate // divisor, source_rate // divisor)
