"""The record of an evaluation as a judge reads it (docs/cli.md, `--record`), and what the judge counts from it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from earnest.errors import FileError
from earnest.judge.document import Document, checked_document, read_document
from earnest.judge.words import Count, counted, interval, normalised

KIND, VERSION = "evaluation", 1
CLAIMS = ("wer", "no-loss", "better", "device")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """One utterance; `errors` are what the record says, (substitutions, deletions, insertions). `capped`: its decoding
    was cut off.
    """

    id: str
    audio_sha256: str
    reference: str
    float_reference: str
    hypothesis: str
    float_hypothesis: str | None
    errors: tuple[int, int, int]
    float_errors: tuple[int, int, int] | None
    logits_sha256: str | None
    capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The row of the program or of the float model: what it says of itself, its total errors, its normalisation."""

    facts: Mapping[str, Any]
    errors: tuple[int, int, int]
    words: int
    normalisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something that is said about the results. `of` is the split that it is about."""

    kind: str
    of: str
    value: float | None
    margin: float | None
    system: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRun:
    """One of several runs of a method that chance divides."""

    seed: int
    wer: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A whole record. `seeds` are those that were registered before the runs; `device` is what it says of a device."""

    data: str
    coverage: str | None
    available: int | None
    chosen_on: tuple[str, ...]
    program: System
    program_sha256: str | None
    float_model: System | None
    same_run: bool
    rows: tuple[RecordRow, ...]
    claims: tuple[Claim, ...]
    seeds: tuple[int, ...]
    runs: tuple[SeedRun, ...]
    device: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRecord:
    """A record with the judge's own counts: per utterance, and the interval of integer minus float.

    `real` and `interval` are None where an utterance has no hypothesis of the float model, `interval` also where one
    has no word.
    """

    record: Record
    integer: tuple[Count, ...]
    real: tuple[Count, ...] | None
    interval: tuple[float, float] | None


def read_record(given: Mapping[str, Any] | str | os.PathLike[str]) -> Record:
    """Read a record from its file or from its value; FileError names the part that is not as expected."""
    if isinstance(given, Mapping):
        document = checked_document(given, source="record", kind=KIND, version=VERSION)
    else:
        document = read_document(given, kind=KIND, version=VERSION)
    data = document.part("data")
    parts = document.parts("utterances")
    if not parts:
        raise FileError(f"{document.source}: utterances: expected at least one, got none")
    runs = document.part("runs") if document.has("runs") else None
    return Record(
        data=data.name("name"),
        coverage=data.name("coverage") if data.has("coverage") else None,
        available=data.count("available") if data.has("available") else None,
        chosen_on=_names(data, "chosen_on"),
        program=_system(document.part("program")),
        program_sha256=_program_sha256(document.part("program")),
        float_model=_system(document.part("float_model")) if document.has("float_model") else None,
        same_run=document.content.get("same_run") is True,
        rows=tuple(_row(part) for part in parts),
        claims=tuple(_claim(part) for part in document.parts("claims")) if document.has("claims") else (),
        seeds=() if runs is None else tuple(part.count("seed") for part in runs.parts("registered")),
        runs=() if runs is None else tuple(_run(part) for part in runs.parts("measured")),
        device=document.part("device").content if document.has("device") else {},
    )


def _program_sha256(part: Document) -> str | None:
    return part.sha256("sha256") if part.has("sha256") else None


def counted_record(record: Record) -> CountedRecord:
    """Count the words of a record again; each system's texts by its own normalisation."""
    program, model = record.program, record.float_model
    integer = tuple(
        counted(
            [normalised(row.reference, program.normalisation) for row in record.rows],
            [normalised(row.hypothesis, program.normalisation) for row in record.rows],
        )
    )
    texts = [row.float_hypothesis for row in record.rows if row.float_hypothesis is not None]
    if model is None or len(texts) < len(record.rows):
        return CountedRecord(record=record, integer=integer, real=None, interval=None)
    real = tuple(
        counted(
            [normalised(row.float_reference, model.normalisation) for row in record.rows],
            [normalised(text, model.normalisation) for text in texts],
        )
    )
    return CountedRecord(record=record, integer=integer, real=real, interval=interval(integer, real))


def _row(part: Document) -> RecordRow:
    real = part.has("float_hypothesis")
    return RecordRow(
        id=part.name("id"),
        audio_sha256=part.sha256("audio_sha256"),
        reference=part.text("reference"),
        float_reference=part.text("float_reference") if part.has("float_reference") else part.text("reference"),
        hypothesis=part.text("hypothesis"),
        float_hypothesis=part.text("float_hypothesis") if real else None,
        errors=_errors(part.part("errors")),
        float_errors=_errors(part.part("float_errors")) if real else None,
        logits_sha256=part.sha256("logits_sha256") if part.has("logits_sha256") else None,
        capped=part.content.get("capped") is True,
    )


def _system(part: Document) -> System:
    errors = part.part("errors")
    rule = part.part("normalisation") if part.has("normalisation") else None
    return System(
        facts=part.content,
        errors=_errors(errors),
        words=errors.count("words"),
        normalisation="" if rule is None else rule.name("name"),
    )


def _errors(part: Document) -> tuple[int, int, int]:
    return part.count("substitutions"), part.count("deletions"), part.count("insertions")


def _claim(part: Document) -> Claim:
    kind = part.name("claim")
    if kind not in CLAIMS:
        part.refuse("claim", f"one of {CLAIMS}: no other claim can be judged")
    system = part.name("system") if part.has("system") else "program"
    if system not in ("program", "float_model"):
        part.refuse("system", "program or float_model")
    return Claim(
        kind=kind,
        of=part.name("of"),
        value=part.number("value") if kind == "wer" else None,
        margin=part.number("margin") if part.has("margin") else None,
        system=system,
    )


def _run(part: Document) -> SeedRun:
    return SeedRun(seed=part.count("seed"), wer=part.number("wer"))


def _names(part: Document, key: str) -> tuple[str, ...]:
    value = part.content.get(key, ())
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        part.refuse(key, "a list of names")
    return tuple(value)
