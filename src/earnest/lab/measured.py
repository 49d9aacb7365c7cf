"""An evaluation of the ledger as typed values: what every row holds, and what only newer rows tell (else None)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from earnest.errors import LedgerError
from earnest.lab.tables import EVALUATION, check_evaluation

LARGEST = 1e18
"""Beyond every count, size and rate: bit operations of hours of speech stay below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One program on one data set, beside its float model.

    Rates, their difference (integer minus float) and its interval are in per cent of the words. `errors` are
    substitutions, deletions and insertions of the program. `cell` is the key of an experiment's cell; a row with
    `trial` is one of a search, which chose among its trials by these very utterances.
    """

    program: str
    program_sha256: str
    recipe: str
    target: str
    methods: tuple[str, ...] | None
    model: str | None
    data: str
    data_sha256: str
    utterances: int
    words: int
    wer: float
    float_wer: float
    difference: float
    interval: tuple[float, float]
    errors: tuple[int, int, int]
    file_bytes: int
    float_bytes: int
    mean_weight_bits: float | None
    effective_bits: float | None
    milliseconds: float | None
    float_milliseconds: float | None
    level: str | None
    experiment: str | None
    cell: str | None
    seed: int | None
    trial: int | None
    machine: str
    commit: str | None

    @property
    def ratio(self) -> float:
        """Bytes of the file over those of the float32 parameters."""
        return self.file_bytes / self.float_bytes

    @property
    def audience(self) -> tuple[str, str, int, str]:
        """What has to be the same for two rates to be compared: model, name, number and hash of the utterances."""
        return (self.model or "", self.data, self.utterances, self.data_sha256)

    @property
    def configuration(self) -> tuple[object, ...]:
        """What was tried, on what; the same thing measured again has the same one."""
        tried = (self.program, self.recipe, self.target, self.methods, self.seed, self.experiment, self.cell)
        return (*tried, self.data, self.utterances)


def measured(row: Mapping[str, object]) -> Measured:
    """One row of kind "evaluation"; LedgerError where a key is missing, of another type, or contradicts the others."""
    for key, value in row.items():
        for part in value if isinstance(value, list) else [value]:
            check_size(key, part)
    check_evaluation(row)
    known = cast(Mapping[str, Any], row)
    low, high = known["interval"]
    told = ("program", "program_sha256", "recipe", "target", "data", "data_sha256", "utterances", "words")
    rates = ("wer", "float_wer", "difference", "file_bytes", "float_bytes")
    newer = ("mean_weight_bits", "effective_bits", "milliseconds", "float_milliseconds")
    facts: dict[str, Any] = {key: known[key] for key in (*told, *rates)}
    facts |= {key: known.get(key) for key in (*newer, "experiment", "cell", "seed", "trial")}
    return Measured(
        **facts,
        interval=(low, high),
        errors=(known["substitutions"], known["deletions"], known["insertions"]),
        methods=tuple(_method(method) for method in known["methods"]) if "methods" in known else None,
        model=_text(row, "float_model"),
        level=_text(row, "level"),
        machine=machine_of(row),
        commit=commit_of(row),
    )


def all_measured(rows: Iterable[Mapping[str, object]]) -> list[Measured]:
    """Every evaluation of a ledger, oldest first."""
    return [measured(row) for row in rows if row.get("kind") == EVALUATION]


def latest(found: Iterable[Measured]) -> list[Measured]:
    """Of every configuration the row that was measured last."""
    return list({each.configuration: each for each in found}.values())


def different(found: Iterable[Measured]) -> list[Measured]:
    """Of every configuration each result that came out, with the row that measured it last: none is lost because
    another came later.
    """
    return list({(each.configuration, each.errors): each for each in found}.values())


def check_size(key: str, value: object) -> None:
    """LedgerError: a number that is not finite, or that no measurement gives; JSON's 1e999 is read as infinity."""
    if type(value) in (int, float) and not abs(cast(float, value)) <= LARGEST:
        raise LedgerError(f"a row of the ledger: key {key!r}: expected a number up to {LARGEST:g}, got {value!r:.40}")


def commit_of(row: Mapping[str, object]) -> str | None:
    """The short commit of any row, with a + where the working tree differed from it; None where there is none."""
    git = row.get("git")
    if not isinstance(git, Mapping):
        return None
    return f"{str(git.get('commit', '?'))[:7]}{'+' if git.get('dirty') else ''}"


def machine_of(row: Mapping[str, object]) -> str:
    """What any row was measured on, as far as it says."""
    name = row.get("cpu") or row.get("machine") or "unknown machine"
    return f"{name}, {row['cpus']} cores" if "cpus" in row else str(name)


def _method(method: object) -> str:
    """A method by its name, with its settings if it has any."""
    if isinstance(method, str):
        return method
    return json.dumps(method, sort_keys=True, ensure_ascii=False).replace('"', "").strip("{}")


def _text(row: Mapping[str, object], key: str) -> str | None:
    value = row.get(key)
    if value is None or isinstance(value, str):
        return value
    raise LedgerError(f"an evaluation of the ledger: key {key!r}: expected text, got {value!r}")
