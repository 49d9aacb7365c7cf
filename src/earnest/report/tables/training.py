"""The table of training runs: what each heard, what it cost, and its word errors on what it was validated on; and that
of what a step costs.
"""

from collections.abc import Iterable

from earnest.ledger.rows import AnyRow, of_kind
from earnest.ledger.training import TrainingRow, TrainingStepRow, Validation
from earnest.report.markdown import table
from earnest.report.tables.results import ABSENT

HEADING = (
    "run",
    "parameters",
    "utterances",
    "hours",
    "steps",
    "chosen",
    "hours heard",
    "minutes",
    "held out",
    "words",
    "WER",
)

STEP_HEADING = (
    "model",
    "recipe",
    "seconds of audio",
    "float step, s",
    "quantized step, of it",
    "through the law, of it",
    "CPU",
)


def render_training(rows: Iterable[AnyRow]) -> str:
    """A line for each corpus that a run was validated on; of each run the latest row. Of all `steps`, the result is
    that of the `chosen` one. Rates in per cent.
    """
    latest = {row.name: row for row in of_kind(rows, TrainingRow)}
    return table(HEADING, [_run(row, one) for row in latest.values() for one in row.validation], "lrrrrrrrlrr")


def render_steps(rows: Iterable[AnyRow]) -> str:
    """A line for each model, recipe, length and processor, of the latest row: seconds of processor time, and ratios."""
    found = of_kind(rows, TrainingStepRow)
    latest = {(row.model, row.recipe, row.seconds_of_audio, row.cpu): row for row in found}
    return table(STEP_HEADING, [_step(row) for row in latest.values()], "llrrrrl")


def _run(row: TrainingRow, one: Validation) -> tuple[str, ...]:
    return (
        ", ".join(name for name in (row.name, one.result) if name),
        f"{row.parameters}",
        f"{row.utterances}",
        f"{row.hours:.1f}",
        f"{row.step}",
        f"{one.step}",
        f"{row.hours_heard:.0f}",
        f"{row.seconds / 60:.0f}",
        one.data,
        f"{one.words}",
        f"{one.rate:.2f}",
    )


def _step(row: TrainingStepRow) -> tuple[str, ...]:
    law = ABSENT if row.ratios.law is None else f"{row.ratios.law:.2f}"
    figures = (f"{row.seconds_of_audio}", f"{row.processor_seconds.real:.2f}", f"{row.ratios.quantized:.2f}", law)
    return (row.model, row.recipe, *figures, row.cpu)
