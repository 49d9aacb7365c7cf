"""What a model loses by its groups of operators: the latest rows of kind "sensitivity" as a table.

p are the posteriors of the float model, q those of the quantized one, y the tokens that p hears (`methods.posteriors`):
loss = (CTC(q, y) - CTC(p, y)) / |y|, nats a token; kl = mean over the frames of sum_c p_c log(p_c / q_c), nats a frame.
"alone": nothing but the group is quantized; "all but": everything else is.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from earnest.ledger.rows import AnyRow, of_kind
from earnest.ledger.sensitivity import ALL_BUT, ALONE, SensitivityRow
from earnest.report.markdown import table
from earnest.report.tables.results import ABSENT


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


def scans(rows: Iterable[AnyRow]) -> list[Scan]:
    """The scans of a ledger: of each model, recipe, target, group and way the latest row."""
    found: dict[tuple[str, str, str], dict[tuple[str, str], SensitivityRow]] = {}
    for row in of_kind(rows, SensitivityRow):
        found.setdefault((row.model, row.recipe, row.target), {})[row.group, row.way] = row
    return [_scan(found[key]) for key in sorted(found)]


def render_sensitivity(rows: Iterable[AnyRow]) -> str:
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


def _scan(latest: Mapping[tuple[str, str], SensitivityRow]) -> Scan:
    names = dict.fromkeys(group for group, _ in latest)
    groups = []
    for name in names:
        ways = [latest.get((name, way)) for way in (ALONE, ALL_BUT)]
        told = next(row for row in ways if row is not None)
        alone, all_but = (None if row is None else _loss(row) for row in ways)
        groups.append(Group(name=name, operators=told.operators, bits=told.bits, alone=alone, all_but=all_but))
    last = list(latest.values())[-1]
    return Scan(
        model=last.model,
        recipe=last.recipe,
        target=last.target,
        data=last.data,
        utterances=last.utterances,
        float_wer=last.float_wer,
        groups=tuple(sorted(groups, key=lambda group: group.rank)),
    )


def _loss(row: SensitivityRow) -> Loss:
    return Loss(loss=row.loss, kl=row.kl, margin=row.margin, wer=row.wer)
