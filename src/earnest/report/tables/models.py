"""The table that compares float models: the word error rate of each, and what every recipe on every target adds."""

from collections.abc import Iterable

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.rows import AnyRow, of_kind
from earnest.report.markdown import signed, table
from earnest.report.tables.results import ABSENT


def render_models(rows: Iterable[AnyRow]) -> str:
    """A line for each float model, set of utterances and rate of the float model on it, a column for each recipe on a
    target: what was measured last. Rates, differences and their 95 % intervals in per cent. Trials of a search do not
    count.
    """
    found: dict[tuple[object, ...], dict[str, EvaluationRow]] = {}
    for each in of_kind(rows, EvaluationRow):
        if each.trial is None:
            line = found.setdefault((each.data, *each.audience, each.float_wer), {})
            line[f"{each.recipe}, {each.target}"] = each
    ways = sorted({way for line in found.values() for way in line})
    lines = []
    for line in found.values():
        one = next(iter(line.values()))
        told = [one.float_model or ABSENT, one.data, f"{one.words}", f"{one.float_wer:.2f}"]
        lines.append([*told, *(_cell(line.get(way)) for way in ways)])
    return table(["model", "part of", "words", "WER float", *ways], lines, "llrr" + "r" * len(ways))


def _cell(each: EvaluationRow | None) -> str:
    if each is None:
        return ABSENT
    low, high = each.interval
    return f"{signed(each.difference)} ({signed(low)} … {signed(high)})"
