"""One utterance through a program, a float model, or both on the same features, and its word errors."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from earnest.errors import DataError, EarnestError, FileError
from earnest.evaluation.anatomy import file_sha256
from earnest.evaluation.backends import backend_maker
from earnest.file import load
from earnest.integer.program.target import load_target
from earnest.runtime.audio import read_audio
from earnest.runtime.fingerprint import audio_sha256, codes_sha256
from earnest.runtime.recognizer import Recognized, Recognizer
from earnest.speech.librispeech import Utterance
from earnest.speech.normalisation import words
from earnest.speech.word_errors import WordErrors, align

if TYPE_CHECKING:
    from earnest.models import FloatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What one system made of one utterance, and the seconds that it took, the front end left out. `truncated`: its
    decoder had not ended at the greatest number of tokens.
    """

    text: str
    truncated: bool
    errors: WordErrors
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One utterance: its words, its length in seconds, the rate of its file, and the hypotheses of the systems.

    Hashes are those of `runtime.fingerprint`: of the decoded audio, of the feature codes that the program was given,
    of the logit codes that it made; the last two are None without a program.
    """

    id: str
    reference: str
    seconds: float
    source_rate: int
    audio_sha256: str
    features_sha256: str | None
    logits_sha256: str | None
    integer: Hypothesis | None
    real: Hypothesis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """What a worker needs to open; `sha256` makes sure that all of them open the same program. `target` is the file of
    one that does not come with earnest. Decoders follow so many hypotheses (`beams`).
    """

    program: Path | None
    sha256: str
    backend: str
    target: str | None
    model: Path | None
    allow_pickle: bool
    beams: int


def outcome_of(systems: Systems, utterance: Utterance) -> Outcome:
    """Evaluate one utterance; an error names it."""
    recognizer, model = open_systems(systems)
    try:
        return _outcome(recognizer, model, utterance, systems.beams)
    except EarnestError as error:
        raise type(error)(f"utterance {utterance.id}: {error}") from error
    except Exception as error:
        error.add_note(f"while evaluating utterance {utterance.id} ({utterance.path})")
        raise


def _outcome(recognizer: Recognizer | None, model: "FloatModel | None", utterance: Utterance, beams: int) -> Outcome:
    if utterance.text is None:
        raise DataError("expected its transcript, got none: read the split with its transcripts")
    if recognizer is not None:
        front_end = recognizer.description.front_end
    elif model is not None:
        front_end = model.front_end
    else:
        raise DataError("expected a program or a float model to evaluate, got neither")
    recording = read_audio(utterance.path, front_end.sample_rate)
    reference = words(utterance.text)

    def judged(recognize: Callable[[], tuple[Recognized, np.ndarray | None]]) -> tuple[Hypothesis, np.ndarray | None]:
        started = time.perf_counter()
        found, logits = recognize()
        seconds = time.perf_counter() - started
        errors = align(reference, words(found.text))
        return Hypothesis(text=found.text, truncated=found.truncated, errors=errors, seconds=seconds), logits

    features = front_end(recording.samples)
    integer, real, codes, logits = None, None, None, None
    if recognizer is not None:
        codes = recognizer.codes_of(features)
        integer, logits = judged(lambda: recognizer.recognize_codes(codes))
    if model is not None:
        real, _ = judged(lambda: _real(model, features, beams))
    return Outcome(
        id=utterance.id,
        reference=" ".join(reference),
        seconds=recording.seconds,
        source_rate=recording.source_rate,
        audio_sha256=audio_sha256(recording.samples),
        features_sha256=None if codes is None else codes_sha256(codes),
        logits_sha256=None if logits is None else codes_sha256(logits),
        integer=integer,
        real=real,
    )


def _real(model: "FloatModel", features: np.ndarray, beams: int) -> tuple[Recognized, None]:
    from earnest.models.transcription import recognized

    return recognized(model, features, beams=beams), None


@functools.lru_cache(maxsize=1)
def open_systems(systems: Systems) -> "tuple[Recognizer | None, FloatModel | None]":
    """Both systems of a worker, once. The program was verified before; its bytes must be the same ones."""
    recognizer, model = None, None
    if systems.program is not None:
        if file_sha256(systems.program) != systems.sha256:
            raise FileError(f"{systems.program}: the file was changed while it was evaluated")
        program = load(systems.program)
        target = None if systems.target is None else load_target(systems.target)
        recognizer = Recognizer(program, backend_maker(systems.backend), target=target, beams=systems.beams)
    if systems.model is not None:
        from earnest.models import load as load_model

        model = load_model(systems.model, allow_pickle=systems.allow_pickle)
    return recognizer, model
