"""The table that compares float models: the word error rate of each, and what every recipe on every target adds."""

from collections.abc import Iterable, Mapping

from earnest.lab.markdown import signed, table
from earnest.lab.measured import Measured, all_measured, latest

ABSENT = "–"


def render_models(rows: Iterable[Mapping[str, object]]) -> str:
    """A line for each float model and data set, a column for each recipe on a target; rates, differences and their
    95 % intervals in per cent.
    """
    found: dict[tuple[str, str], dict[str, Measured]] = {}
    for each in latest(all_measured(rows)):
        found.setdefault((each.data, each.model or ABSENT), {})[f"{each.recipe}, {each.target}"] = each
    ways = sorted({way for line in found.values() for way in line})
    lines = [
        [model, data, f"{_any(line).words}", f"{_any(line).float_wer:.2f}", *(_cell(line.get(way)) for way in ways)]
        for (data, model), line in found.items()
    ]
    return table(["model", "part of", "words", "WER float", *ways], lines, "llrr" + "r" * len(ways))


def _any(line: Mapping[str, Measured]) -> Measured:
    """One of the programs of a float model: all were evaluated beside it."""
    return next(iter(line.values()))


def _cell(each: Measured | None) -> str:
    if each is None:
        return ABSENT
    low, high = each.interval
    return f"{signed(each.difference)} ({signed(low)} … {signed(high)})"
