"""The table of what was tried and brought nothing: each beside what it should have improved."""

from collections.abc import Iterable

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.rows import AnyRow
from earnest.report.markdown import signed, table
from earnest.report.tables.chosen import OTHER, of_recipe
from earnest.report.tables.results import ABSENT, CHOOSING

TARGET = "int8x16"

TRIED = {
    "w4a8-gptq": ("GPTQ that refits weights to quantized inputs, no groups", "w4a8-best"),
    "w4a8-adaround-block": ("AdaRound by block, no groups", "w4a8-best"),
    "w4a8-fine-trained": ("training 4-bit weights in groups of 8, multipliers too", "w4a8-fine"),
    "w4a8-augmented": ("other speeds, rooms and noise at every step, 4-bit weights", "w4a8-trained"),
    "w4a4-augmented": ("the same, 4-bit activations", "w4a4-longer"),
    "w2a8-fine-augmented": ("the same and other talkers, 2-bit weights", "w2a8-fine-trained"),
    "w4a4-longer": ("300 more steps at 4-bit activations", "w4a4-trained"),
    "w2a8-longer": ("240 more steps at four times the rate, 2-bit weights", "w2a8-trained"),
    "w2a8-fine-codes": ("learning the 2-bit codes after their scales", "w2a8-fine-ranges"),
    "w2a8-gradual": ("lowering weights to 2 bits in four stages", "w2a8-fine-ranges"),
    "w4a8-w2a8-shared-w2a8": ("2-bit weights that share their floats with 4-bit ones", "w2a8-trained"),
    "ternary-trained": ("three levels instead of four", "w2a8-trained"),
}
"""By recipe: what was tried, and the recipe beside it."""


def render_tried(rows: Iterable[AnyRow]) -> str:
    """A line for each that was evaluated: rates, and what the change added to them, in per cent of the words."""
    rows, lines = list(rows), []
    for recipe, (what, beside) in TRIED.items():
        row, without = (of_recipe(rows, name, TARGET, CHOOSING) for name in (recipe, beside))
        if row is None or without is None:
            continue
        others = [of_recipe(rows, name, TARGET, OTHER) for name in (recipe, beside)]
        lines.append(
            [
                *(what, f"`{recipe}`", f"{row.wer:.2f}", f"`{beside}`", f"{without.wer:.2f}"),
                signed(row.wer - without.wer),
                _change(*others),
                row.commit or ABSENT,
            ]
        )
    heading = ["tried", "row", "WER", "beside", "its WER", "change", f"change, {OTHER}", "commit"]
    return table(heading, lines, "llrlrrrl")


def _change(row: EvaluationRow | None, without: EvaluationRow | None) -> str:
    return ABSENT if row is None or without is None else signed(row.wer - without.wer)
