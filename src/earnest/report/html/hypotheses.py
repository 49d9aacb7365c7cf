"""Texts that evaluations left in work folders: what `evaluate --record` and `evaluate --hypotheses` write.

A record is one JSON object of kind "evaluation" with a list of utterances; hypotheses are JSON objects, one a line.
Both carry reference, hypothesis, float hypothesis, and the numbers of their errors.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earnest.errors import DataError
from earnest.evaluation.record import KIND

ENDINGS = (".json", ".jsonl")
TEXTS = ("id", "reference", "hypothesis")
PAIRED = ("float_hypothesis", "float_errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceTexts:
    """What the program and the float model made of one utterance, with their numbers of word errors."""

    id: str
    seconds: float | None
    reference: str
    integer: str
    real: str
    errors: int
    float_errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All utterances of one evaluation. `source` is the file below its work folder; what it does not tell is None."""

    source: str
    program: str | None
    recipe: str | None
    target: str | None
    data: str | None
    utterances: tuple[UtteranceTexts, ...]


def texts_below(folders: Iterable[Path]) -> list[Texts]:
    """The evaluations whose texts lie in these folders, by name, without hypotheses that a record beside them holds.

    Files of another kind are none of them. DataError: no such folder, or a file of this kind that breaks its form.
    """
    places = {path.resolve(): (path, folder) for folder in folders for path in _files(folder)}
    read = {path: read_texts(*place) for path, place in places.items()}
    found = {path: texts for path, texts in read.items() if texts is not None}
    recorded = {(path.parent, texts.utterances) for path, texts in found.items() if texts.program is not None}
    kept = [
        texts
        for path, texts in found.items()
        if texts.program is not None or (path.parent, texts.utterances) not in recorded
    ]
    return sorted(kept, key=lambda texts: (texts.program or texts.source, texts.source))


def read_texts(path: Path, folder: Path) -> Texts | None:
    """The texts of one file; None where it is of another kind, or compares with no float model."""
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    source = "/".join((folder.resolve().name, *path.relative_to(folder).parts))
    whole = _parsed(content)
    if isinstance(whole, dict) and whole.get("kind") == KIND and isinstance(whole.get("utterances"), list):
        return _of_record(whole, source, path)
    lines = content.splitlines()
    first = _parsed(lines[0]) if lines else None
    if not isinstance(first, dict) or any(key not in first for key in (*TEXTS, *PAIRED)):
        return None
    utterances = tuple(_utterance(_parsed(line), f"{path}, line {number}") for number, line in enumerate(lines, 1))
    return Texts(source=source, program=None, recipe=None, target=None, data=None, utterances=utterances)


def _of_record(record: Mapping[str, Any], source: str, path: Path) -> Texts | None:
    rows: Sequence[Any] = record["utterances"]
    if "float_model" not in record:
        return None
    parts = {key: record.get(key) for key in ("program", "data")}
    told = {key: part if isinstance(part, dict) else {} for key, part in parts.items()}
    names = {"program": "title", "recipe": "recipe", "target": "target"}
    return Texts(
        source=source,
        **{key: str(told["program"].get(name, "?")) for key, name in names.items()},
        data=str(told["data"].get("name", "?")),
        utterances=tuple(_utterance(row, f"{path}, utterance {number}") for number, row in enumerate(rows, 1)),
    )


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: expected a work folder; give one that holds records or hypotheses")
    return sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and path.is_file())


def _parsed(text: str) -> Any:
    """The JSON value of a text; None where it is none, which is none of ours either."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _utterance(row: Any, where: str) -> UtteranceTexts:
    if not isinstance(row, dict):
        raise DataError(f"{where}: expected a JSON object with {', '.join((*TEXTS, *PAIRED))}; write the file anew")
    for key in (*TEXTS, "float_hypothesis"):
        if not isinstance(row.get(key), str):
            raise DataError(f"{where}: key {key!r}: expected text, got {row.get(key)!r}; write the file anew")
    seconds = row.get("seconds")
    return UtteranceTexts(
        id=row["id"],
        seconds=seconds if isinstance(seconds, float) and 0 <= seconds < math.inf else None,
        reference=row["reference"],
        integer=row["hypothesis"],
        real=row["float_hypothesis"],
        errors=_errors(row.get("errors"), f"{where}: key 'errors'"),
        float_errors=_errors(row.get("float_errors"), f"{where}: key 'float_errors'"),
    )


def _errors(told: Any, where: str) -> int:
    """The number of errors, which a record tells by kind."""
    counts = list(told.values()) if isinstance(told, dict) else [told]
    if not all(type(count) is int and count >= 0 for count in counts):
        raise DataError(f"{where}: expected a number of word errors, got {told!r}; write the file anew")
    return sum(counts)
