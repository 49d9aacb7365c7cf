"""The tables of coverage say what families did."""

from typing import Any

import pytest

from earnest.errors import LedgerError
from earnest.lab.coverage_table import COVERAGE_KEYS, check_coverage, coverages, render_coverage, render_operators


def row(**changes: Any) -> dict[str, Any]:
    empty = {str: "x", int: 1, float: 30.0, dict: {"linear": 3}}
    filled: dict[str, Any] = {key: empty[kind] for key, kind in COVERAGE_KEYS.items()}
    return filled | {"kind": "coverage", "family": "a", "recipe": "w8a8", "target": "int8x16"} | changes


def test_the_latest_row_of_a_family_and_recipe_counts() -> None:
    rows = [row(decibel=1.0), row(decibel=25.0), row(recipe="w4a8", decibel=12.0), row(target="int8", decibel=2.0)]
    found = coverages([*rows, {"kind": "other"}])
    assert {recipe: known["decibel"] for recipe, known in found["a"].items()} == {"w8a8": 25.0, "w4a8": 12.0}
    (line,) = render_coverage(rows).splitlines()[2:]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == ["a", "x", "x", "1", "3", "2", "6", "25.0", "12.0", "–", "0.0", "1.00", "–", "–", "x"]


def test_every_operator_has_a_line_with_its_equation() -> None:
    lines = render_operators([row()]).splitlines()[2:]
    assert any(line.startswith("| `linear` | E10 |") and line.endswith("| 1 of 1 |") for line in lines)
    assert any(line.startswith("| `group_norm` | E25 |") and line.endswith("| 0 of 1 |") for line in lines)
    assert any(line.startswith("| `reshape` | E23 |") for line in lines)


@pytest.mark.parametrize("key", COVERAGE_KEYS)
def test_a_row_that_cannot_be_is_refused(key: str) -> None:
    if key == "kind":
        assert coverages([row(kind="coverages")]) == {}
        return
    with pytest.raises(LedgerError, match=f"key '{key}'"):
        check_coverage({name: value for name, value in row().items() if name != key})
    with pytest.raises(LedgerError, match=f"key '{key}'"):
        check_coverage(row(**{key: None}))


def test_counts_are_counts() -> None:
    with pytest.raises(LedgerError, match="expected counts"):
        check_coverage(row(differing={"native": -1}))
