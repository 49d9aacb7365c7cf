"""The table that compares float models: the word error rate of each, and what every recipe on every target adds."""

from collections.abc import Iterable, Mapping

from earnest.lab.markdown import signed, table
from earnest.lab.measured import Measured, all_measured
from earnest.lab.result_tables import ABSENT


def render_models(rows: Iterable[Mapping[str, object]]) -> str:
    """A line for each float model, set of utterances and rate of the float model on it, a column for each recipe on a
    target: what was measured last. Rates, differences and their 95 % intervals in per cent. Trials of a search do not
    count.
    """
    found: dict[tuple[object, ...], dict[str, Measured]] = {}
    for each in all_measured(rows):
        if each.trial is None:
            line = found.setdefault((each.data, *each.audience, each.float_wer), {})
            line[f"{each.recipe}, {each.target}"] = each
    ways = sorted({way for line in found.values() for way in line})
    lines = []
    for line in found.values():
        one = next(iter(line.values()))
        told = [one.model or ABSENT, one.data, f"{one.words}", f"{one.float_wer:.2f}"]
        lines.append([*told, *(_cell(line.get(way)) for way in ways)])
    return table(["model", "part of", "words", "WER float", *ways], lines, "llrr" + "r" * len(ways))


def _cell(each: Measured | None) -> str:
    if each is None:
        return ABSENT
    low, high = each.interval
    return f"{signed(each.difference)} ({signed(low)} … {signed(high)})"
