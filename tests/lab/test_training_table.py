"""The table of training runs: the latest row of each, a line for each corpus, and nothing that cannot be."""

import pytest

from earnest.errors import LedgerError
from earnest.lab.training_table import HEADING, STEP_HEADING, render_steps, render_training

ROW = {
    "kind": "training",
    "name": "tiny",
    "parameters": 12345,
    "utterances": 99,
    "hours": 1.25,
    "step": 70,
    "hours_heard": 9.6,
    "seconds": 330.0,
    "validation": [
        {"step": 60, "data": "dev-known", "wer": 12.346, "words": 50, "utterances": 5},
        {"step": 60, "data": "dev-unseen", "wer": 22.4, "errors": 9, "words": 40, "utterances": 4},
    ],
}


def test_a_line_for_each_corpus_of_the_latest_row() -> None:
    older = ROW | {"step": 7}
    other = ROW | {"kind": "evaluation", "name": "none"}
    lines = render_training([older, other, ROW]).split("\n")
    assert lines[0] == f"| {' | '.join(HEADING)} |"
    assert lines[2:] == [
        "| tiny | 12345 | 99 | 1.2 | 70 | 60 | 10 | 6 | dev-known | 50 | 12.35 |",
        "| tiny | 12345 | 99 | 1.2 | 70 | 60 | 10 | 6 | dev-unseen | 40 | 22.50 |",
    ]


@pytest.mark.parametrize("key", [key for key in ROW if key != "kind"])
def test_a_row_without_a_key_or_with_another_type_is_refused(key: str) -> None:
    with pytest.raises(LedgerError, match=key):
        render_training([{name: value for name, value in ROW.items() if name != key}])
    with pytest.raises(LedgerError, match=key):
        render_training([ROW | {key: None}])


STEP = {
    "kind": "training-step",
    "model": "tiny",
    "recipe": "w4a8-fine",
    "seconds_of_audio": 12,
    "repeats": 7,
    "cpu": "a processor",
    "ratios": {"quantized": 1.654},
    "processor_seconds": {"float": 1.234, "quantized": 2.041},
}


def test_a_line_for_each_recipe_and_length_of_the_latest_row_of_a_step() -> None:
    newer = STEP | {"ratios": {"quantized": 1.7, "law": 5.02}}
    lines = render_steps([STEP, STEP | {"seconds_of_audio": 4}, newer, ROW]).split("\n")
    assert lines[0] == f"| {' | '.join(STEP_HEADING)} |"
    assert lines[2:] == [
        "| tiny | w4a8-fine | 12 | 1.23 | 1.70 | 5.02 | a processor |",
        "| tiny | w4a8-fine | 4 | 1.23 | 1.65 | – | a processor |",
    ]


@pytest.mark.parametrize("key", [key for key in STEP if key != "kind"])
def test_a_row_of_a_step_without_a_key_is_refused(key: str) -> None:
    with pytest.raises(LedgerError, match=key):
        render_steps([{name: value for name, value in STEP.items() if name != key}])


@pytest.mark.parametrize("spoilt", [{"ratios": {}}, {"ratios": {"quantized": "x"}}, {"processor_seconds": {}}])
def test_a_row_of_a_step_without_a_figure_is_refused(spoilt: dict[str, object]) -> None:
    with pytest.raises(LedgerError, match=r"(ratios|processor_seconds) of a training step .* key '(quantized|float)'"):
        render_steps([STEP | spoilt])
