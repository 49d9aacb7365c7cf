"""What a model loses by its groups of operators: rows of kind "sensitivity", their latest, and their table.

p are the posteriors of the float model, q those of the quantized one, y the tokens that p hears (`methods.posteriors`):
loss = (CTC(q, y) - CTC(p, y)) / |y|, nats a token; kl = mean over the frames of sum_c p_c log(p_c / q_c), nats a frame.
"alone": nothing but the group is quantized; "all but": everything else is.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from earnest.errors import LedgerError
from earnest.lab.ledger import check_keys
from earnest.lab.markdown import table
from earnest.lab.measured import check_size
from earnest.lab.result_tables import ABSENT

SENSITIVITY = "sensitivity"
ALONE, ALL_BUT = "alone", "all but"

SENSITIVITY_KEYS: dict[str, type] = {
    "kind": str,
    "model": str,
    "recipe": str,
    "target": str,
    "data": str,
    "data_sha256": str,
    "utterances": int,
    "group": str,
    "operators": int,
    "way": str,
    "bits": int,
    "loss": float,
    "kl": float,
    "margin": float,
    "wer": float,
    "float_wer": float,
    "command": str,
}
"""What a row of kind "sensitivity" holds at least. `group` is a kind of operators or the path of a module, `bits` the
narrowest of its weights, 0 where it has none, `margin` the median ratio of the margin between the two largest logits to
the error of that margin; rates in per cent of the words. `loss` is below 0 where the quantized model is surer of
what the float model hears.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What one way of quantizing a group costs."""

    loss: float
    kl: float
    margin: float
    wer: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of operators in both ways; one that was not measured is None."""

    name: str
    operators: int
    bits: int
    alone: Loss | None
    all_but: Loss | None

    @property
    def rank(self) -> tuple[float, float, str]:
        """The most sensitive alone comes first; groups that were not measured alone come last."""
        alone, all_but = (-math.inf if lost is None else lost.loss for lost in (self.alone, self.all_but))
        return (-alone, all_but, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The groups of one model, recipe and target, the most sensitive first."""

    model: str
    recipe: str
    target: str
    data: str
    utterances: int
    float_wer: float
    groups: tuple[Group, ...]


def scans(rows: Iterable[Mapping[str, object]]) -> list[Scan]:
    """The scans of a ledger: of each model, recipe, target, group and way the latest row."""
    found: dict[tuple[str, str, str], dict[tuple[str, str], Mapping[str, Any]]] = {}
    for row in rows:
        if row.get("kind") == SENSITIVITY:
            check_sensitivity(row)
            known = cast(Mapping[str, Any], row)
            scan = found.setdefault((known["model"], known["recipe"], known["target"]), {})
            scan[known["group"], known["way"]] = known
    return [_scan(key, found[key]) for key in sorted(found)]


def check_sensitivity(row: Mapping[str, object]) -> None:
    """LedgerError: a key of a row of kind "sensitivity" is missing, or of another type, or out of range."""
    check_keys(row, SENSITIVITY_KEYS, "a sensitivity")
    for key, kind in SENSITIVITY_KEYS.items():
        value = row[key]
        check_size(key, value)
        if kind is not str and key != "loss" and cast(float, value) < 0:
            raise LedgerError(f"a sensitivity of the ledger: key {key!r}: expected no number below 0, got {value!r}")
    if row["way"] not in (ALONE, ALL_BUT):
        raise LedgerError(f"a sensitivity of the ledger: expected the way {ALONE!r} or {ALL_BUT!r}, got {row['way']!r}")


def render_sensitivity(rows: Iterable[Mapping[str, object]]) -> str:
    """A line per group of each scan, the most sensitive alone first: losses in nats a token, KL in nats a frame, rates
    in per cent.
    """
    both = [f"{what} {way}" for what in ("loss", "KL", "WER") for way in (ALONE, ALL_BUT)]
    return table(
        ["model", "recipe", "target", "bits", "group", "operators", *both, "WER float", "margin alone"],
        [
            [
                *(scan.model, scan.recipe, scan.target, str(group.bits or ABSENT), group.name, str(group.operators)),
                *(ABSENT if lost is None else small(lost.loss) for lost in (group.alone, group.all_but)),
                *(ABSENT if lost is None else small(lost.kl) for lost in (group.alone, group.all_but)),
                *(ABSENT if lost is None else f"{lost.wer:.2f}" for lost in (group.alone, group.all_but)),
                f"{scan.float_wer:.2f}",
                ABSENT if group.alone is None else f"{group.alone.margin:.3g}",
            ]
            for scan in scans(rows)
            for group in scan.groups
        ],
        "lllrlrrrrrrrrr",
    )


def small(value: float) -> str:
    """A number of any size with three digits."""
    return f"{value:.3g}" if abs(value) >= 1e-4 or not value else f"{value:.2e}"


def _scan(key: tuple[str, str, str], latest: Mapping[tuple[str, str], Mapping[str, Any]]) -> Scan:
    names = dict.fromkeys(group for group, _ in latest)
    groups = []
    for name in names:
        ways = [latest.get((name, way)) for way in (ALONE, ALL_BUT)]
        told = next(row for row in ways if row is not None)
        alone, all_but = (None if row is None else _loss(row) for row in ways)
        groups.append(Group(name=name, operators=told["operators"], bits=told["bits"], alone=alone, all_but=all_but))
    last = list(latest.values())[-1]
    model, recipe, target = key
    return Scan(
        model=model,
        recipe=recipe,
        target=target,
        data=last["data"],
        utterances=last["utterances"],
        float_wer=last["float_wer"],
        groups=tuple(sorted(groups, key=lambda group: group.rank)),
    )


def _loss(row: Mapping[str, Any]) -> Loss:
    return Loss(loss=row["loss"], kl=row["kl"], margin=row["margin"], wer=row["wer"])
