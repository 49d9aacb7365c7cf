"""Rows of the kinds "training" and "training-step": what is missing or cannot be is named."""

from typing import Any

import pytest

from earnest.errors import LedgerError
from earnest.ledger.training import TrainingRow, TrainingStepRow
from ledger.training_row import STEP, TRAINING

NULLABLE = ("git",)


@pytest.mark.parametrize(
    ("kind", "row", "key"),
    [(kind, row, key) for kind, row in ((TrainingRow, TRAINING), (TrainingStepRow, STEP)) for key in row],
)
def test_a_row_without_a_key_or_with_another_type_is_refused(
    kind: type[TrainingRow | TrainingStepRow], row: dict[str, Any], key: str
) -> None:
    kind.of(row)
    with pytest.raises(LedgerError, match=f"'{key}' is missing"):
        kind.of({name: value for name, value in row.items() if name != key})
    if key not in NULLABLE:
        with pytest.raises(LedgerError, match=f"key '{key}': .*, got None"):
            kind.of(row | {key: None})


@pytest.mark.parametrize("spoilt", [{"ratios": {}}, {"ratios": {"quantized": "x"}}, {"processor_seconds": {}}])
def test_a_row_of_a_step_without_a_figure_is_refused(spoilt: dict[str, object]) -> None:
    with pytest.raises(LedgerError, match=r"a training step: key '(ratios|processor_seconds)\.(quantized|float)'"):
        TrainingStepRow.of(STEP | spoilt)


def test_the_rate_is_of_the_counts_where_there_are_counts() -> None:
    known, counted = TrainingRow.of(TRAINING).validation
    assert (known.rate, counted.rate) == (12.346, 22.5)
