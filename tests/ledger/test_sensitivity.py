"""Rows of kind "sensitivity": what is missing or cannot be is named."""

from typing import Any

import pytest

from earnest.errors import LedgerError
from earnest.ledger.sensitivity import SensitivityRow

ROW: dict[str, Any] = {
    "kind": "sensitivity",
    "model": "conformer",
    "recipe": "w4a8",
    "target": "int8x16",
    "data": "dev-clean",
    "data_sha256": "cd" * 32,
    "utterances": 100,
    "group": "softmax",
    "operators": 16,
    "way": "alone",
    "bits": 4,
    "loss": 0.02,
    "kl": 0.01,
    "margin": 12.0,
    "wer": 4.9,
    "float_wer": 4.5,
    "command": "earnest sensitivity",
    "git": None,
    "versions": {},
}


@pytest.mark.parametrize("key", ROW)
def test_a_missing_key_is_named(key: str) -> None:
    SensitivityRow.of(ROW)
    with pytest.raises(LedgerError, match=f"'{key}' is missing"):
        SensitivityRow.of({name: value for name, value in ROW.items() if name != key})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kl": -0.1}, "'kl': expected no number below 0"),
        ({"margin": -1.0}, "'margin': expected no number below 0"),
        ({"loss": "0.1"}, "'loss': expected a number, got '0.1'"),
        ({"kl": "0.1"}, "'kl': expected a number, got '0.1'"),
        ({"kl": float("inf")}, "'kl': expected a number up to"),
        ({"operators": True}, "'operators': expected a whole number, got True"),
        ({"operators": 1.0}, r"'operators': expected a whole number, got 1\.0"),
        ({"way": "both"}, "'way': expected 'alone' or 'all but', got 'both'"),
    ],
)
def test_a_wrong_value_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LedgerError, match=message):
        SensitivityRow.of(ROW | changes)
