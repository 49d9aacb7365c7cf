"""What a ledger holds: rows of each kind, data, commits, machines, levels of honesty."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.rows import AnyRow
from earnest.report.configurations import latest

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


def summary(rows: Sequence[AnyRow], found: Sequence[EvaluationRow]) -> Summary:
    """Count a ledger; `found` are its evaluations. Levels are counted of configurations, the others of rows."""
    each_once = latest(found)
    return Summary(
        rows=_counted(UNKNOWN if row.kind is None else str(row.kind) for row in rows),
        configurations=len(each_once),
        trials=sum(each.trial is not None for each in each_once),
        models=tuple(sorted({each.float_model for each in each_once if each.float_model is not None})),
        targets=tuple(sorted({each.target for each in each_once})),
        data=tuple(sorted({(each.data, each.utterances, each.words) for each in each_once})),
        levels=_counted(each.level or UNKNOWN for each in each_once),
        commits=_counted(row.commit or UNKNOWN for row in rows),
        machines=_counted(row.machine_name for row in rows),
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
