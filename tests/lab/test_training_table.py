"""The table of training runs: the latest row of each, a line for each corpus, and nothing that cannot be."""

import pytest

from earnest.errors import LedgerError
from earnest.lab.training_table import HEADING, render_training

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
