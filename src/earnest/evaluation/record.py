"""The record of an evaluation: one JSON object with everything that a judge of it needs (docs/cli.md, `--record`).

Both systems' rows come from one process on the same features, so the record says `same_run`; a system that was not
evaluated has no row.
"""

import json
from typing import Any

from pydantic import BaseModel

from earnest.errors import DataError
from earnest.evaluation.evaluation import Evaluation
from earnest.evaluation.outcome import Outcome
from earnest.ledger.ledger import environment
from earnest.speech.normalisation import NORMALISATION
from earnest.speech.word_errors import WordErrors

KIND, VERSION = "evaluation", 1

RULE = "upper case; every run of white space is one space, none at the ends; punctuation, digits and accents stay"
"""What `NORMALISATION` does, in words."""

LIBRISPEECH = {"dev-clean": 2703, "dev-other": 2864, "test-clean": 2620, "test-other": 2939}
"""Utterances of the splits that results are named after."""


class RecordPart(BaseModel, frozen=True, extra="forbid"):
    """An object of a record. A field that is not given is no key of it."""


class ErrorCounts(RecordPart, frozen=True):
    """Word errors of one utterance."""

    substitutions: int
    deletions: int
    insertions: int


class TotalErrors(ErrorCounts, frozen=True):
    """Word errors of all utterances, and how many words these have."""

    words: int


class RecordedData(RecordPart, frozen=True):
    """The utterances: the name of their split, their hash, whether they are `whole` or `part` of it, and how many it
    has.
    """

    name: str
    sha256: str
    coverage: str
    available: int


class RecordedSystem(RecordPart, frozen=True):
    """The program or the float model: what it is, how it decoded, by which rule words were compared, its errors."""

    sha256: str
    front_end: dict[str, Any]
    decoding: str
    normalisation: dict[str, str]
    errors: TotalErrors


class RecordedProgram(RecordedSystem, frozen=True):
    """The integer program, and the float model that it was made of, by name."""

    title: str
    model: str
    recipe: str
    target: str
    backend: str


class RecordedModel(RecordedSystem, frozen=True):
    """The float model."""

    name: str


class RecordedUtterance(RecordPart, frozen=True):
    """One utterance: hashes of its audio, of the program's feature codes and logit codes, words, hypotheses, errors."""

    id: str
    audio_sha256: str
    seconds: float
    reference: str
    features_sha256: str | None
    logits_sha256: str | None
    hypothesis: str = ""
    errors: ErrorCounts | None = None
    float_hypothesis: str = ""
    float_errors: ErrorCounts | None = None
    capped: bool = False
    """The program's decoding was cut off; said of no other utterance."""


class Record(RecordPart, frozen=True):
    """The whole record. Without a float model it has neither `same_run` nor `float_model`."""

    kind: str = KIND
    version: int = VERSION
    data: RecordedData
    program: RecordedProgram
    utterances: tuple[RecordedUtterance, ...]
    environment: dict[str, Any]
    same_run: bool = False
    float_model: RecordedModel | None = None


def record(evaluation: Evaluation, *, data: str, data_sha256: str, available: int) -> Record:
    """The record of one evaluation of a program. `data` names the split, `available` is how many utterances it has.

    DataError: an evaluation without a program.
    """
    program, model = evaluation.program, evaluation.model
    if program is None:
        raise DataError("expected the evaluation of a program to record, got that of a float model alone")
    whole = len(evaluation.outcomes) == available == LIBRISPEECH.get(data, available)
    shared = {"decoding": program.decoding, "normalisation": {"name": NORMALISATION, "rule": RULE}}
    compared: dict[str, Any] = {}
    if model is not None:
        compared = {
            "same_run": True,
            "float_model": RecordedModel(
                name=model.name,
                sha256=model.sha256,
                front_end=model.front_end.to_dict(),
                errors=_total(evaluation.errors("real")),
                **shared,
            ),
        }
    return Record(
        kind=KIND,
        version=VERSION,
        data=RecordedData(name=data, sha256=data_sha256, coverage="whole" if whole else "part", available=available),
        program=RecordedProgram(
            title=program.title,
            sha256=program.sha256,
            model=program.model,
            recipe=program.recipe,
            target=program.target,
            backend=program.backend,
            front_end=program.front_end.to_dict(),
            errors=_total(evaluation.errors("integer")),
            **shared,
        ),
        utterances=tuple(_utterance(outcome) for outcome in evaluation.outcomes),
        environment=environment(),
        **compared,
    )


def text(content: Record) -> str:
    """The JSON text of a record: sorted keys, indented."""
    told = content.model_dump(exclude_unset=True)
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _utterance(outcome: Outcome) -> RecordedUtterance:
    told: dict[str, Any] = {}
    for prefix, hypothesis in (("", outcome.integer), ("float_", outcome.real)):
        if hypothesis is not None:
            told |= {f"{prefix}hypothesis": hypothesis.text, f"{prefix}errors": _errors(hypothesis.errors)}
    if outcome.integer is not None and outcome.integer.truncated:
        told["capped"] = True
    return RecordedUtterance(
        id=outcome.id,
        audio_sha256=outcome.audio_sha256,
        seconds=outcome.seconds,
        reference=outcome.reference,
        features_sha256=outcome.features_sha256,
        logits_sha256=outcome.logits_sha256,
        **told,
    )


def _errors(errors: WordErrors) -> ErrorCounts:
    return ErrorCounts(substitutions=errors.substitutions, deletions=errors.deletions, insertions=errors.insertions)


def _total(errors: WordErrors) -> TotalErrors:
    return TotalErrors(words=errors.words, **_errors(errors).model_dump())
