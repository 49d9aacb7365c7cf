"""Rows of kind "speed": what is missing or cannot be is named."""

from typing import Any

import pytest

from earnest.errors import LedgerError
from earnest.ledger.speed import SpeedRow
from ledger.speed_row import ROW


@pytest.mark.parametrize("key", ROW)
def test_a_row_that_cannot_be_is_refused(key: str) -> None:
    SpeedRow.of(ROW)
    with pytest.raises(LedgerError, match=f"key '{key}' is missing"):
        SpeedRow.of({name: value for name, value in ROW.items() if name != key})
    if key != "git":
        with pytest.raises(LedgerError, match=f"key '{key}': .*, got None"):
            SpeedRow.of(ROW | {key: None})


@pytest.mark.parametrize("change", [{"ratio": 0.0}, {"ratio": float("inf")}, {"threads": 0}, {"tokens": -1}])
def test_figures_are_above_zero(change: dict[str, Any]) -> None:
    with pytest.raises(LedgerError, match=r"expected (a|no|a whole) number"):
        SpeedRow.of(ROW | change)
    SpeedRow.of(ROW | {"tokens": 0})
