"""Which families of recognisers are covered, and by which operators: the latest rows of kind "coverage" as tables.

The tables are in the order of the latest rows: of families as they were measured, of operators as the law has them.
"""

from collections.abc import Iterable, Mapping

from earnest.integer.law.operators import OPERATORS
from earnest.integer.program.target import load_target
from earnest.ledger.coverage import CoverageRow
from earnest.ledger.rows import AnyRow, of_kind
from earnest.report.markdown import table
from earnest.report.tables.results import ABSENT
from earnest.report.tables.speed import speed_cells, speed_note, speeds

RECIPES = ("w8a8", "w4a8", "w4a8-best")
"""The columns of the table of families: signal over noise by each of them."""

TARGET = "int8x16"


def coverages(rows: Iterable[AnyRow]) -> dict[str, dict[str, CoverageRow]]:
    """The latest row by family and recipe, on the one target of the tables."""
    found: dict[str, dict[str, CoverageRow]] = {}
    for row in of_kind(rows, CoverageRow):
        if row.target == TARGET:
            found.setdefault(row.family, {})[row.recipe] = row
    return found


def render_coverage(rows: Iterable[AnyRow]) -> str:
    """A line per family: what it is, how many operators it has, codes that differ, decibel by recipe, size, speed,
    verdict.
    """
    rows = list(rows)
    found, timed = coverages(rows), speeds(rows)
    heading = ["family", "class", "part", "ATen operators", "of the program", "codes compared", "differing"]
    heading += [f"dB {recipe}" for recipe in RECIPES]
    heading += ["kB w8a8", "of float32", "× torch, tiny", "× torch, published size", "verdict"]
    lines = [[*_line(known), *speed_cells(timed, name, ABSENT), _first(known).level] for name, known in found.items()]
    return table(heading, lines, "lll" + "r" * 9 + "rll") + speed_note(timed)


def _first(known: Mapping[str, CoverageRow]) -> CoverageRow:
    return known.get(RECIPES[0]) or next(iter(known.values()))


def _line(known: Mapping[str, CoverageRow]) -> list[str]:
    first = _first(known)
    measured = [known[recipe] for recipe in RECIPES if recipe in known]
    differing = sum(sum(row.differing.values()) for row in measured)
    return [
        first.family,
        first.source,
        first.part,
        str(first.aten_operators),
        str(sum(first.operators.values())),
        str(sum(row.codes for row in measured)),
        str(differing),
        *(f"{known[recipe].decibel:.1f}" if recipe in known else ABSENT for recipe in RECIPES),
        f"{first.file_bytes / 1e3:.1f}",
        f"{first.file_bytes / first.float_bytes:.2f}",
    ]


def render_operators(rows: Iterable[AnyRow]) -> str:
    """A line per operator of the law: its equation, its widths on the target, how many families use it."""
    latest = coverages(rows)
    rules = load_target(TARGET).operators
    lines = []
    for kind, operator in OPERATORS.items():
        rule = rules.get(kind)
        users = [name for name, known in latest.items() if any(kind in row.operators for row in known.values())]
        lines.append(
            [
                f"`{kind}`",
                _equation(operator),
                ABSENT if rule is None or operator.arity == 0 else " · ".join(_widths(each) for each in rule.inputs),
                ABSENT if rule is None or not rule.weight else _widths(rule.weight),
                ABSENT if rule is None else _widths(rule.output),
                f"{len(users)} of {len(latest)}",
            ]
        )
    return table(
        ["operator", "equation", "bits of operands", "of weights", "of the result", "families"], lines, "lllllr"
    )


def _equation(operator: type) -> str:
    """The number of its equation, which every docstring of the law carries."""
    found = [word.strip(".:,()") for each in operator.__mro__ for word in (each.__doc__ or "").split()]
    return next((word for word in found if word[:1] == "E" and word[1:].isdigit()), "E23")


def _widths(widths: Iterable[int]) -> str:
    """2, 3, 4, 8 as 2–4, 8."""
    runs: list[list[int]] = []
    for bits in sorted(widths):
        if runs and bits == runs[-1][-1] + 1:
            runs[-1].append(bits)
        else:
            runs.append([bits])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
