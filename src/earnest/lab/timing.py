"""Milliseconds of a program and of its float model on one utterance: features in, logits out, one thread each.

Both take turns in one process, and the median of the rounds counts.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from earnest.errors import AudioError
from earnest.runtime.audio import read_audio
from earnest.runtime.recognizer import Recognizer
from earnest.speech.librispeech import Utterance

SECONDS, ROUNDS, THREADS = 15.0, 5, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Median milliseconds, and how much audio."""

    milliseconds: float
    float_milliseconds: float
    utterance: str
    seconds: float


def timed(program: Path, model: Path, utterances: Sequence[Utterance], *, allow_pickle: bool) -> Timing:
    """Time both on the utterance whose length is nearest to 15 s."""
    import torch

    from earnest.models import load
    from earnest.nn.parallel import one_torch_thread

    recognizer, real = Recognizer(program, threads=THREADS), load(model, allow_pickle=allow_pickle)
    chosen = min(utterances, key=lambda each: (abs(length(each.path) - SECONDS), each.id))
    recording = read_audio(chosen.path, recognizer.description.front_end.sample_rate)
    features = recognizer.description.front_end(recording.samples)
    codes, tensor = recognizer.codes_of(features), torch.from_numpy(features)[None]
    with one_torch_thread(), torch.inference_mode():
        ours, theirs = medians(
            lambda: recognizer.logits(codes),
            lambda: real.recognition.logits(real.module, tensor),
        )
    return Timing(
        milliseconds=ours, float_milliseconds=theirs, utterance=chosen.id, seconds=round(recording.seconds, 3)
    )


def medians(*runs: Callable[[], object]) -> list[float]:
    """Median milliseconds of each."""
    return [round(statistics.median(times), 3) for times in interleaved(*runs, rounds=ROUNDS)]


def interleaved(
    *runs: Callable[[], object], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> list[list[float]]:
    """Milliseconds of each run in each round, taking turns after one round that does not count."""
    measured: list[list[float]] = [[] for _ in runs]
    for round_ in range(rounds + 1):
        for run, times in zip(runs, measured, strict=True):
            started = clock()
            run()
            if round_:
                times.append(1000 * (clock() - started))
    return measured


def length(path: Path) -> float:
    """Seconds of a recording, from the head of its file."""
    try:
        return soundfile.info(path).duration
    except (OSError, RuntimeError) as error:
        raise AudioError(f"{path}: expected audio, got something that cannot be opened: {error}") from error
