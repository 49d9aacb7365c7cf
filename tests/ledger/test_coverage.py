"""Rows of kind "coverage": what is missing or cannot be is named."""

from typing import Any

import pytest

from earnest.errors import LedgerError
from earnest.ledger.coverage import CoverageRow
from ledger.coverage_row import ROW


@pytest.mark.parametrize("key", ROW)
def test_a_row_that_cannot_be_is_refused(key: str) -> None:
    CoverageRow.of(ROW)
    with pytest.raises(LedgerError, match=f"key '{key}' is missing"):
        CoverageRow.of({name: value for name, value in ROW.items() if name != key})
    if key != "git":
        with pytest.raises(LedgerError, match=f"key '{key}': .*, got None"):
            CoverageRow.of(ROW | {key: None})


@pytest.mark.parametrize("changes", [{"differing": {"native": -1}}, {"operators": {"native": 1.0}}])
def test_counts_are_counts(changes: dict[str, Any]) -> None:
    with pytest.raises(LedgerError, match=r"'(differing|operators)\.native': expected (no|a whole) number"):
        CoverageRow.of(ROW | changes)
