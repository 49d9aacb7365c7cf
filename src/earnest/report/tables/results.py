"""Tables of docs/results-appendix.md: every configuration that was tried, and the best of each target and size.

best(target, x) = the program with the lowest word error rate among those of the target with bytes <= x * float32 bytes

by dev-clean; on other parts of LibriSpeech the table has what these programs reach there, so that no test data chooses.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.rows import AnyRow, of_kind
from earnest.report.configurations import different, latest
from earnest.report.markdown import signed, table

SIZES = (0.05, 0.075, 0.10, 0.125, 0.15, 0.20, 0.30, math.inf)
"""Size classes, as shares of the float32 parameters."""

CHOOSING = "dev-clean"
"""The data that programs of a model are chosen by, where any of them was evaluated on it."""

ABSENT = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The program with the lowest rate within each of these size classes."""

    sizes: tuple[float, ...]
    found: EvaluationRow

    @property
    def within(self) -> str:
        """The size classes in words."""
        return ", ".join("any" if size == math.inf else f"≤ {100 * size:g} %" for size in self.sizes)


def render_results(rows: Iterable[AnyRow]) -> str:
    """A line for every result of every configuration: rates in per cent, sizes in 10^6 bytes."""
    found = sorted(different(of_kind(rows, EvaluationRow)), key=_order)
    heading = "program, recipe, methods, target, part of, utterances, WER float, WER integer, difference, 95 % interval"
    return table(
        [*heading.split(", "), "MB", "of float32", "mean bits", "effective bits", "level", "experiment", "commit"],
        [
            [
                *(each.program, each.recipe, methods(each), each.target, each.data, str(each.utterances)),
                *rates(each),
                *sizes(each),
                optional(each.mean_weight_bits),
                optional(each.effective_bits),
                each.level or ABSENT,
                experiment(each),
                each.commit or ABSENT,
            ]
            for each in found
        ],
        "lllllrrrrcrrrrlll",
    )


def render_best(rows: Iterable[AnyRow]) -> str:
    """A line for every program that is the best of a target, a data set and a size class."""
    heading = "target, part of, utterances, size, program, recipe, methods, WER float, WER integer, difference"
    return table(
        [*heading.split(", "), "95 % interval", "MB", "of float32", "level"],
        [
            [
                *(each.target, each.data, str(each.utterances), best.within),
                *(each.program, each.recipe, methods(each)),
                *rates(each),
                *sizes(each),
                each.level or ABSENT,
            ]
            for best in best_of(of_kind(rows, EvaluationRow))
            for each in [best.found]
        ],
        "llrllllrrrcrrl",
    )


def best_of(found: Iterable[EvaluationRow]) -> list[Best]:
    """The best of each model, target, data set and size class, the largest first; of equal rates the smaller file. What
    was best on `CHOOSING` is shown for the model's other data sets too, as far as it was evaluated there.

    Of a data set of which several parts were heard, the largest part counts. Trials of a search do not: the data chose
    among them.
    """
    groups: dict[tuple[str, str, str], list[EvaluationRow]] = {}
    for each in latest(each for each in found if each.trial is None):
        groups.setdefault((each.float_model or "", each.data, each.target), []).append(each)
    chosen = []
    for (model, data, target), group in sorted(groups.items()):
        choosing = groups.get((model, CHOOSING, target))
        if data == CHOOSING or choosing is None:
            chosen += _best(_largest_part(group))
        else:
            chosen += _the_same(_best(_largest_part(choosing)), _largest_part(group))
    return chosen


def _largest_part(group: Sequence[EvaluationRow]) -> list[EvaluationRow]:
    largest = max((each.utterances, each.data_sha256) for each in group)
    return [each for each in group if (each.utterances, each.data_sha256) == largest]


def _the_same(best: Iterable[Best], group: Sequence[EvaluationRow]) -> list[Best]:
    there = {each.program_sha256: each for each in group}
    return [replace(one, found=there[one.found.program_sha256]) for one in best if one.found.program_sha256 in there]


def _best(group: Sequence[EvaluationRow]) -> list[Best]:
    winners: dict[int, list[float]] = {}
    for size in SIZES:
        fitting = [(each.wer, each.file_bytes, place) for place, each in enumerate(group) if each.ratio <= size]
        if fitting:
            winners.setdefault(min(fitting)[-1], []).append(size)
    return [Best(sizes=tuple(within), found=group[place]) for place, within in reversed(winners.items())]


def methods(each: EvaluationRow) -> str:
    """The methods of a configuration, in their order."""
    return ABSENT if each.method_names is None else " + ".join(each.method_names) or "none"


def experiment(each: EvaluationRow) -> str:
    """The experiment that a configuration belongs to, its seed, and its trial of a search."""
    if each.experiment is None:
        return ABSENT
    told = {"seed": each.seed, "trial": each.trial}
    return ", ".join([each.experiment, *(f"{key} {value}" for key, value in told.items() if value is not None)])


def rates(each: EvaluationRow) -> list[str]:
    """Both rates, their difference, and its interval."""
    low, high = each.interval
    return [f"{each.float_wer:.2f}", f"{each.wer:.2f}", signed(each.difference), f"{signed(low)} … {signed(high)}"]


def sizes(each: EvaluationRow) -> list[str]:
    """Megabytes of the file, and what that is of the float32 parameters."""
    return [f"{each.file_bytes / 1e6:.2f}", f"{each.ratio:.3f}"]


def optional(value: float | None) -> str:
    """A number that not every row tells."""
    return ABSENT if value is None else f"{value:.2f}"


def _order(each: EvaluationRow) -> tuple[object, ...]:
    """Larger data sets first, then by target, the lowest rate first."""
    return (each.float_model or "", -each.utterances, each.data, each.target, each.wer, each.file_bytes, each.recipe)
