"""The features of a corpus, computed once and kept in one file that is mapped into memory: those of an evaluation, to
the last bit, so that word errors while training are what they will be.

A file is known by the hash of what it was made from: the front end, and the recordings in their order.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from earnest.errors import TrainingError
from earnest.file.whole import write_whole
from earnest.runtime.audio import read_audio
from earnest.runtime.cores import CORES
from earnest.runtime.front_ends.log_mel import LogMel
from earnest.speech.librispeech import Utterance, data_sha256

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Normalised features of utterances: those of number i are `frames[starts[i]:starts[i + 1]]`."""

    utterances: tuple[Utterance, ...]
    frames: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]

    def of(self, index: int) -> npt.NDArray[np.float32]:
        """The features of one utterance, [frames, features], a copy."""
        return self.frames[self.starts[index] : self.starts[index + 1]].copy()

    @property
    def lengths(self) -> list[int]:
        """How many frames each utterance has."""
        return np.diff(self.starts).tolist()


def pad(rows: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """Utterances as one batch: the shorter ones go on with their last frame, which is background."""
    longest = max(map(len, rows))
    return np.stack([np.pad(row, ((0, longest - len(row)), (0, 0)), mode="edge") for row in rows])


def cached_features(
    utterances: Sequence[Utterance], front_end: LogMel, folder: Path, progress: Progress | None = None
) -> Features:
    """Features out of the folder, computed where they are not there yet. AudioError names a recording that is bad."""
    recordings = [data_sha256([replace(one, text=None) for one in utterances]), [one.id for one in utterances]]
    content = json.dumps(["float32", front_end.to_dict(), recordings], sort_keys=True)
    key = sha256(content.encode()).hexdigest()[:32]
    values, counts = folder / f"{key}.float32", folder / f"{key}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not counts.exists():
            lengths = _compute(utterances, front_end, values, progress)
            write_whole(counts, json.dumps(lengths).encode())
        lengths = json.loads(counts.read_text(encoding="utf-8"))
        frames = np.memmap(values, dtype=np.float32, mode="r").reshape(-1, front_end.mels)
    except (OSError, ValueError) as error:
        raise TrainingError(f"{folder}: cannot keep features there: {error}") from error
    starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    if len(lengths) != len(utterances) or starts[-1] != len(frames):
        raise TrainingError(f"{values}: expected {starts[-1]} frames, got {len(frames)}: remove it and {counts.name}")
    return Features(utterances=tuple(utterances), frames=frames, starts=starts)


def _compute(utterances: Sequence[Utterance], front_end: LogMel, values: Path, progress: Progress | None) -> list[int]:
    """Write the features of all utterances, one after the other; how many frames each has."""
    lengths: list[int] = []
    part = values.with_name(f".{values.name}")
    paths = [str(utterance.path) for utterance in utterances]
    with part.open("wb") as stream, ProcessPoolExecutor(CORES) as pool:
        for found in pool.map(_features, paths, [front_end] * len(paths), chunksize=64):
            stream.write(found.tobytes())
            lengths.append(len(found))
            if progress is not None:
                progress("features", len(lengths), len(paths))
    part.replace(values)
    return lengths


def _features(path: str, front_end: LogMel) -> npt.NDArray[np.float32]:
    return front_end(read_audio(path, front_end.sample_rate).samples)
