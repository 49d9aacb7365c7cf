"""Recordings: flac, wav, mp3 and ogg files as mono float32 samples at the rate that a model expects.

Several channels are averaged; another rate is brought to the wanted one by a polyphase filter
(`scipy.signal.resample_poly`). Samples lie in [-1, 1), save that decoders of lossy formats may overshoot by some per
cent, which is kept as it comes.
"""

import contextlib
import io
import math
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

from earnest.errors import AudioError

LONGEST_SECONDS = 3600
"""A longer recording is refused: a file of some kilobytes may otherwise decode to more samples than there is memory."""

_RATES = range(1_000, 768_001)
_LOUDEST = 8.0
_BLOCK = 1 << 20
_CONTAINERS = (b"fLaC", b"RIFF", b"OggS")
_WAVE: dict[bytes, Literal["little", "big"]] = {b"RIFF": "little", b"RF64": "little", b"RIFX": "big"}
_FROM_STREAM, _UNKNOWN = 0x7FFF_F000, 0xFFFF_FFFF  # what writers that cannot go back put for a length
_LONGEST_COPY = 1 << 30
_OGG_HEAD, _OGG_LAST = 27, 4
_STDERR = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """Mono samples (float32, one axis, at least one) at `sample_rate` hertz; the file itself had `source_rate`."""

    samples: npt.NDArray[np.float32]
    sample_rate: int
    source_rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.sample_rate

    @property
    def resampled(self) -> bool:
        """Whether the file had another rate."""
        return self.sample_rate != self.source_rate


def read_audio(path: str | os.PathLike[str], sample_rate: int = 16_000) -> Recording:
    """Read one recording as mono samples at `sample_rate` hertz.

    AudioError, one line with the file's name: no such file, a folder, not audio, cut short, no samples, samples that
    are not finite or far outside [-1, 1), a rate outside 1 to 768 kHz, longer than `LONGEST_SECONDS`.
    """
    if sample_rate not in _RATES:
        raise AudioError(f"expected a sample rate from {_RATES[0]} to {_RATES[-1]} Hz, got {sample_rate}")
    file = Path(path)
    if file.is_dir():
        raise AudioError(f"{file}: expected a recording, got a folder; give the files in it")
    if not file.is_file():
        raise AudioError(f"{file}: no such file; expected a recording (flac, wav, mp3 or ogg)")
    samples, source_rate = _decode(file)
    if source_rate != sample_rate:
        samples = _resample(samples, source_rate, sample_rate)
    return Recording(samples=samples, sample_rate=sample_rate, source_rate=source_rate)


def _decode(file: Path) -> tuple[npt.NDArray[np.float32], int]:
    try:
        with _quiet(file), soundfile.SoundFile(_whole(file)) as sound:
            if sound.samplerate not in _RATES:
                raise AudioError(f"{file}: expected a rate from 1 to 768 kHz, got {sound.samplerate} Hz")
            samples = _mono(file, sound)
            if len(samples) < sound.frames:
                raise AudioError(
                    f"{file}: its header promises {sound.frames} samples, {len(samples)} could be read; "
                    "the file is cut short or damaged"
                )
            return samples, sound.samplerate
    except (soundfile.SoundFileError, OSError, TypeError, ValueError) as error:
        raise AudioError(f"{file}: expected a recording (flac, wav, mp3 or ogg), {_one_line(error)}") from error


def _whole(file: Path) -> Path | io.BytesIO:
    """The file, if it has all the bytes that its container promises: libsndfile gives what is there and says nothing.

    A WAV that a stream wrote promises none: with 0 there, libsndfile reads nothing, and gets a copy that tells.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        magic = stream.read(4)
        if magic == b"OggS" and not _ogg_ends(stream, size):
            raise AudioError(f"{file}: the file is cut short: its last page is missing or not whole")
        if magic not in _WAVE:
            return file
        riff, place, promised = _data_chunk(stream, magic)
        there = size - place
        if place and promised == 0 and there > 0 and riff != size - 8:
            if size > _LONGEST_COPY:
                raise AudioError(
                    f"{file}: its header does not say how long it is; expected at most {_LONGEST_COPY} bytes of such a "
                    f"WAV, got {size}: convert it"
                )
            stream.seek(0)
            copy = bytearray(stream.read())
            copy[place - 4 : place] = _UNKNOWN.to_bytes(4, _WAVE[magic])
            return io.BytesIO(copy)
    if place and promised > there and not _FROM_STREAM <= promised <= _UNKNOWN:
        raise AudioError(
            f"{file}: the file is cut short: its header promises {promised} bytes of samples, {max(0, there)} are there"
        )
    return file


def _data_chunk(stream: BinaryIO, magic: bytes) -> tuple[int, int, int]:
    """The length that a WAV gives for itself, where its samples begin, and how many bytes they should have; 0, 0, 0
    where there is no chunk of samples.
    """
    order = _WAVE[magic]
    riff, long = int.from_bytes(stream.read(4), order), 0
    place = stream.seek(12)
    while len(head := stream.read(8)) == 8:
        name, length = head[:4], int.from_bytes(head[4:], order)
        place += 8
        if name == b"data":
            return riff, place, long if magic == b"RF64" and length == _UNKNOWN else length
        if name == b"ds64":
            long = int.from_bytes(stream.read(16)[8:], order)
        place = stream.seek(place + length + length % 2)
    return 0, 0, 0


def _ogg_ends(stream: BinaryIO, size: int) -> bool:
    """Whether the last page of an Ogg file is whole and says that it is the last."""
    place, ended = stream.seek(0), False
    while len(head := stream.read(_OGG_HEAD)) == _OGG_HEAD and head[:4] == b"OggS":
        place += _OGG_HEAD + head[-1] + sum(stream.read(head[-1]))
        ended = place <= size and bool(head[5] & _OGG_LAST)
        stream.seek(place)
    return ended and not 0 < len(head) < _OGG_HEAD


def _mono(file: Path, sound: soundfile.SoundFile) -> npt.NDArray[np.float32]:
    """All samples, channels averaged; block by block, because the length in the header is not to be trusted."""
    blocks: list[npt.NDArray[np.float32]] = []
    total = 0
    while True:
        read = sound.read(max(1, _BLOCK // sound.channels), dtype="float32", always_2d=True)
        block = np.asarray(read, dtype=np.float32)
        if not len(block):
            break
        _check(file, block)
        total += len(block)
        if total > LONGEST_SECONDS * sound.samplerate:
            raise AudioError(f"{file}: longer than {LONGEST_SECONDS} s; cut it into shorter recordings")
        blocks.append(block.mean(axis=1, dtype=np.float64).astype(np.float32))
    if not total:
        raise AudioError(f"{file}: the recording is empty (0 samples)")
    return np.concatenate(blocks)


def _check(file: Path, block: npt.NDArray[np.float32]) -> None:
    if not np.isfinite(block).all():
        raise AudioError(f"{file}: holds samples that are not finite (NaN or infinity)")
    loudest = float(np.abs(block).max())
    if loudest > _LOUDEST:
        raise AudioError(f"{file}: expected samples in [-1, 1), got {loudest:.6g}; scale them down")


def _resample(samples: npt.NDArray[np.float32], source_rate: int, sample_rate: int) -> npt.NDArray[np.float32]:
    common = math.gcd(source_rate, sample_rate)
    resampled = resample_poly(samples.astype(np.float64), sample_rate // common, source_rate // common)
    return resampled.astype(np.float32)


def _one_line(error: Exception) -> str:
    """What the library said, without the path that it repeats."""
    said = " ".join(str(error).split())
    _, marker, reason = said.partition("': ")
    reason = (reason if marker else said).rstrip(".")
    if "not a regular file" in reason or "recogni" in reason.lower() or isinstance(error, TypeError):
        return "got something that is not audio"
    return f"which could not be decoded: {reason}"


@contextlib.contextmanager
def _quiet(file: Path) -> Iterator[None]:
    """Silence what mpg123 writes to standard error; only for files that may be MP3, as the whole process is silent."""
    with file.open("rb") as stream:
        known = stream.read(4) in _CONTAINERS and file.suffix.lower() != ".mp3"
    if known:
        yield
        return
    with _STDERR:
        try:
            kept = os.dup(2)
        except OSError:  # a daemon may have closed it: nothing to silence
            yield
            return
        try:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
