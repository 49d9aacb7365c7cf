"""Which programs a person is told to take, and what each reaches: the table of README and of docs/results.md.

The choice is ours, made on dev-clean; the figures are those of the latest rows.
"""

from collections.abc import Iterable

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.rows import AnyRow, of_kind
from earnest.report.markdown import signed, table
from earnest.report.tables.results import ABSENT, CHOOSING

OTHER = "test-other"
"""The part that chose nothing and is large enough to say something."""

CHOSEN = {
    ("w8a8-best", "int8x16"): "8 bits",
    ("w8a8", "int8x16"): "8 bits, plain ranges",
    ("mixed-best@4.5 bits", "int8x16"): "a budget of bytes",
    ("w4a8-fine", "int8x16"): "4-bit weights",
    ("w4a8-best", "int8x16"): "4-bit weights, larger groups",
    ("w4a4-fine-trained", "int8x16"): "4-bit activations too, trained",
    ("w2a8-fine-ranges-longer", "int8x16"): "2-bit weights, trained",
    ("w8a8-best", "int8"): "a device of 8 bits throughout",
    ("w4a8-best", "int8"): "the same, 4-bit weights",
}
"""What each is for, by recipe and target."""


def of_recipe(rows: Iterable[AnyRow], recipe: str, target: str, data: str) -> EvaluationRow | None:
    """The latest evaluation of a recipe on a target; trials of a search do not count. None where there is none."""
    found = [
        row
        for row in of_kind(rows, EvaluationRow)
        if (row.recipe, row.target, row.data) == (recipe, target, data) and row.trial is None
    ]
    return found[-1] if found else None


def render_chosen(rows: Iterable[AnyRow]) -> str:
    """A line for each choice that was evaluated: size in 10^6 bytes, rates and differences in per cent of the words."""
    rows, lines = list(rows), []
    for (recipe, target), purpose in CHOSEN.items():
        row = of_recipe(rows, recipe, target, CHOOSING)
        if row is None:
            continue
        other = of_recipe(rows, recipe, target, OTHER)
        lines.append(
            [
                *(purpose, f"`{recipe}`", target),
                f"{row.file_bytes / 1e6:.2f}",
                f"{row.ratio:.3f}",
                f"{row.wer:.2f}",
                above_float(row),
                ABSENT if other is None else above_float(other),
            ]
        )
    heading = ["for", "take", "target", "MB", "of float32", "WER", "above float", f"above float, {OTHER}"]
    return table(heading, lines, "lllrrrrr")


def above_float(row: EvaluationRow) -> str:
    """The difference to the float model, with its 95 % interval."""
    low, high = row.interval
    return f"{signed(row.difference)} ({signed(low)} … {signed(high)})"
