"""Pareto fronts: the programs that no other one of the same target beats in cost and in error rate.

a beats b  <=>  cost(a) <= cost(b) and difference(a) <= difference(b), and one of both is less       (both are paid)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from earnest.ledger.evaluation import EvaluationRow
from earnest.report.configurations import latest

Cost = Literal["file_bytes", "milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The programs of one target: those that none beats, the cheapest first, and the rest."""

    target: str
    best: tuple[EvaluationRow, ...]
    beaten: tuple[EvaluationRow, ...]

    @property
    def programs(self) -> tuple[EvaluationRow, ...]:
        """All of them."""
        return (*self.best, *self.beaten)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The programs on the same utterances that tell a cost; milliseconds are compared on one machine only."""

    model: str
    data: str
    utterances: int
    words: int
    float_wer: float
    float_cost: float | None
    cost: Cost
    machine: str | None
    fronts: tuple[Front, ...]


def not_beaten(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points (cost, error) that no other one beats, the cheapest first; equal points stay together."""
    kept: list[int] = []
    for index in sorted(range(len(points)), key=lambda index: points[index]):
        if not kept or points[index][1] < points[kept[-1]][1] or points[index] == points[kept[-1]]:
            kept.append(index)
    return kept


def planes(found: Iterable[EvaluationRow], cost: Cost) -> list[Plane]:
    """A plane for each set of utterances (and machine), the largest first. Where no program has the cost, none."""
    groups: dict[tuple[object, ...], list[EvaluationRow]] = {}
    for each in latest(found):
        groups.setdefault(each.audience, []).append(each)
    made = []
    for _, group in sorted(groups.items(), key=lambda item: (-item[1][0].utterances, item[0][:2])):
        counted = [each for each in group if getattr(each, cost) is not None]
        machines = {each.machine_name if cost == "milliseconds" else None for each in counted}
        made += [_plane(counted, cost, machine) for machine in sorted(machines, key=str)]
    return made


def _plane(counted: Sequence[EvaluationRow], cost: Cost, machine: str | None) -> Plane:
    here = [each for each in counted if machine is None or each.machine_name == machine]
    last = here[-1]
    return Plane(
        model=last.float_model or "",
        data=last.data,
        utterances=last.utterances,
        words=last.words,
        float_wer=last.float_wer,
        float_cost=float(last.float_bytes) if cost == "file_bytes" else last.float_milliseconds,
        cost=cost,
        machine=machine,
        fronts=tuple(
            front([each for each in here if each.target == target], cost)
            for target in sorted({each.target for each in here})
        ),
    )


def front(found: Sequence[EvaluationRow], cost: Cost) -> Front:
    """The front of programs of one target, all of which have the cost."""
    kept = not_beaten([(getattr(each, cost), each.difference) for each in found])
    return Front(
        target=found[0].target,
        best=tuple(found[index] for index in kept),
        beaten=tuple(each for index, each in enumerate(found) if index not in kept),
    )
