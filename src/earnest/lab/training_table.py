"""The table of training runs: what each heard, what it cost, and its word errors on what it was validated on; and that
of what a step costs.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from earnest.errors import LedgerError
from earnest.lab.markdown import table

TRAINING, TRAINING_STEP = "training", "training-step"

KEYS = {
    "name": str,
    "parameters": int,
    "utterances": int,
    "hours": float,
    "step": int,
    "hours_heard": float,
    "seconds": float,
    "validation": list,
}
"""What a row of kind "training" holds at least; docs/cli.md says what `earnest train` means by them."""

HEADING = (
    "run",
    "parameters",
    "utterances",
    "hours",
    "steps",
    "chosen",
    "hours heard",
    "minutes",
    "held out",
    "words",
    "WER",
)


def render_training(rows: Iterable[Mapping[str, object]]) -> str:
    """A line for each corpus that a run was validated on; of each run the latest row. Of all `steps`, the result is
    that of the `chosen` one. Rates in per cent.
    """
    latest = {row.get("name"): row for row in rows if row.get("kind") == TRAINING}
    return table(HEADING, [line for row in latest.values() for line in _lines(row)], "lrrrrrrrlrr")


STEP_KEYS = {
    "model": str,
    "recipe": str,
    "seconds_of_audio": int,
    "repeats": int,
    "cpu": str,
    "ratios": dict,
    "processor_seconds": dict,
}
"""What a row of kind "training-step" holds at least (benchmarks/training_step.py)."""

STEP_HEADING = (
    "model",
    "recipe",
    "seconds of audio",
    "float step, s",
    "quantized step, of it",
    "through the law, of it",
    "CPU",
)


def render_steps(rows: Iterable[Mapping[str, object]]) -> str:
    """A line for each model, recipe, length and processor, of the latest row: seconds of processor time, and ratios."""
    found = [row for row in rows if row.get("kind") == TRAINING_STEP]
    for row in found:
        _check(row, STEP_KEYS, "a training step of the ledger")
    latest = {tuple(row[key] for key in ("model", "recipe", "seconds_of_audio", "cpu")): row for row in found}
    return table(STEP_HEADING, [_step(cast(Mapping[str, Any], row)) for row in latest.values()], "llrrrrl")


def _step(row: Mapping[str, Any]) -> tuple[str, ...]:
    ratios, times = row["ratios"], row["processor_seconds"]
    _check(times, {"float": float}, "processor_seconds of a training step of the ledger")
    measured = {"quantized": float} | ({"law": float} if "law" in ratios else {})
    _check(ratios, measured, "ratios of a training step of the ledger")
    law = f"{ratios['law']:.2f}" if "law" in ratios else "–"
    figures = (f"{row['seconds_of_audio']}", f"{times['float']:.2f}", f"{ratios['quantized']:.2f}", law)
    return (row["model"], row["recipe"], *figures, row["cpu"])


def _check(row: Mapping[str, object], keys: Mapping[str, type], what: str) -> None:
    for key, kind in keys.items():
        value = row.get(key)
        if not isinstance(value, (int, float) if kind is float else kind) or isinstance(value, bool):
            raise LedgerError(f"{what}: key {key!r} cannot be {value!r}")


def _lines(row: Mapping[str, object]) -> list[tuple[str, ...]]:
    _check(row, KEYS, "a training run of the ledger")
    found = cast(Mapping[str, Any], row)
    counts = [f"{found[key]}" for key in ("parameters", "utterances")]
    heard = [f"{found['hours_heard']:.0f}", f"{found['seconds'] / 60:.0f}"]
    steps = [f"{found['hours']:.1f}", f"{found['step']}"]
    return [
        (
            ", ".join(str(name) for name in (found["name"], one.get("result")) if name),
            *counts,
            *steps,
            f"{one['step']}",
            *heard,
            str(one["data"]),
            f"{one['words']}",
            f"{_rate(one):.2f}",
        )
        for one in found["validation"]
    ]


def _rate(one: Mapping[str, Any]) -> float:
    """From the counts, where a row has them: its own rate is rounded already."""
    return 100 * one["errors"] / one["words"] if "errors" in one else one["wer"]
