"""One utterance through a program, a float model, or both on the same features, and its word errors."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from earnest.errors import DataError, EarnestError, FileError
from earnest.file import load
from earnest.lab.anatomy import file_sha256
from earnest.lab.backends import backend_for
from earnest.runtime.audio import read_audio
from earnest.runtime.recogniser import Recognizer
from earnest.runtime.text import argmax, ctc_greedy
from earnest.speech.librispeech import Utterance
from earnest.speech.normalisation import words
from earnest.speech.word_errors import WordErrors, align

if TYPE_CHECKING:
    from earnest.models import FloatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What one system made of one utterance, and the seconds that it took, the front end left out."""

    text: str
    errors: WordErrors
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One utterance: its words, its length in seconds, the rate of its file, and the hypotheses of the systems."""

    id: str
    reference: str
    seconds: float
    source_rate: int
    integer: Hypothesis | None
    real: Hypothesis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """What a worker needs to open; `sha256` makes sure that all of them open the same program."""

    program: Path | None
    sha256: str
    backend: str
    model: Path | None
    allow_pickle: bool


def outcome_of(systems: Systems, utterance: Utterance) -> Outcome:
    """Evaluate one utterance; an error names it."""
    recognizer, model = open_systems(systems)
    try:
        return _outcome(recognizer, model, utterance)
    except EarnestError as error:
        raise type(error)(f"utterance {utterance.id}: {error}") from error
    except Exception as error:
        error.add_note(f"while evaluating utterance {utterance.id} ({utterance.path})")
        raise


def _outcome(recognizer: Recognizer | None, model: "FloatModel | None", utterance: Utterance) -> Outcome:
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

    def judged(recognise: Callable[[], str]) -> Hypothesis:
        started = time.perf_counter()
        text = recognise()
        seconds = time.perf_counter() - started
        return Hypothesis(text=text, errors=align(reference, words(text)), seconds=seconds)

    features = front_end(recording.samples)
    codes = None if recognizer is None else recognizer.codes_of(features)
    return Outcome(
        id=utterance.id,
        reference=" ".join(reference),
        seconds=recording.seconds,
        source_rate=recording.source_rate,
        integer=None if recognizer is None or codes is None else judged(lambda: _integer_text(recognizer, codes)),
        real=None if model is None else judged(lambda: _float_text(model, features)),
    )


def _integer_text(recognizer: Recognizer, codes: np.ndarray) -> str:
    return recognizer.description.tokens.decode(recognizer.token_ids(recognizer.logits(codes)))


def _float_text(model: "FloatModel", features: np.ndarray) -> str:
    import torch

    with torch.inference_mode():
        logits = model.module(torch.from_numpy(features)[None])[0].numpy()
    return model.tokens.decode(ctc_greedy(argmax(logits), blank=model.tokens.blank))


@functools.lru_cache(maxsize=1)
def open_systems(systems: Systems) -> "tuple[Recognizer | None, FloatModel | None]":
    """Both systems of a worker, once. The program was verified before; its bytes must be the same ones."""
    recognizer, model = None, None
    if systems.program is not None:
        if file_sha256(systems.program) != systems.sha256:
            raise FileError(f"{systems.program}: the file was changed while it was evaluated")
        program = load(systems.program)
        recognizer = Recognizer(program, backend_for(program, systems.backend))
    if systems.model is not None:
        from earnest.models import load as load_model

        model = load_model(systems.model, allow_pickle=systems.allow_pickle)
    return recognizer, model
