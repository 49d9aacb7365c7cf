"""The tables of training runs and of steps: the latest row of each, and a line for each corpus."""

from typing import Any

from earnest.ledger.row import OtherRow
from earnest.ledger.training import TrainingRow, TrainingStepRow
from earnest.report.tables.training import HEADING, STEP_HEADING, render_steps, render_training
from ledger.training_row import STEP, TRAINING


def run(**changes: Any) -> TrainingRow:
    return TrainingRow.of(TRAINING | changes)


def step(**changes: Any) -> TrainingStepRow:
    return TrainingStepRow.of(STEP | changes)


def test_a_line_for_each_corpus_of_the_latest_row() -> None:
    lines = render_training([run(step=7), OtherRow.of({"kind": "other", "name": "none"}), run()]).split("\n")
    assert lines[0] == f"| {' | '.join(HEADING)} |"
    assert lines[2:] == [
        "| tiny | 12345 | 99 | 1.2 | 70 | 60 | 10 | 6 | dev-known | 50 | 12.35 |",
        "| tiny | 12345 | 99 | 1.2 | 70 | 60 | 10 | 6 | dev-unseen | 40 | 22.50 |",
    ]


def test_a_line_for_each_recipe_and_length_of_the_latest_row_of_a_step() -> None:
    newer = step(ratios={"quantized": 1.7, "law": 5.02})
    lines = render_steps([step(), step(seconds_of_audio=4), newer, run()]).split("\n")
    assert lines[0] == f"| {' | '.join(STEP_HEADING)} |"
    assert lines[2:] == [
        "| tiny | w4a8-fine | 12 | 1.23 | 1.70 | 5.02 | a processor |",
        "| tiny | w4a8-fine | 4 | 1.23 | 1.65 | – | a processor |",
    ]
