"""What a ledger holds: rows of each kind, data, commits, machines, levels of honesty."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from earnest.lab.measured import Measured, commit_of, latest, machine_of

UNKNOWN = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts by name, the most frequent first; `data` are utterances and words by the name of the data set."""

    rows: dict[str, int]
    configurations: int
    trials: int
    models: tuple[str, ...]
    targets: tuple[str, ...]
    data: tuple[tuple[str, int, int], ...]
    levels: dict[str, int]
    commits: dict[str, int]
    machines: dict[str, int]


def summary(rows: Sequence[Mapping[str, object]], found: Sequence[Measured]) -> Summary:
    """Count a ledger; `found` are its evaluations. Levels are counted of configurations, the others of rows."""
    each_once = latest(found)
    return Summary(
        rows=_counted(str(row.get("kind", UNKNOWN)) for row in rows),
        configurations=len(each_once),
        trials=sum(each.trial is not None for each in each_once),
        models=tuple(sorted({each.model for each in each_once if each.model is not None})),
        targets=tuple(sorted({each.target for each in each_once})),
        data=tuple(sorted({(each.data, each.utterances, each.words) for each in each_once})),
        levels=_counted(each.level or UNKNOWN for each in each_once),
        commits=_counted(commit_of(row) or UNKNOWN for row in rows),
        machines=_counted(machine_of(row) for row in rows),
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
