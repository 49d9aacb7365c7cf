"""The tables of coverage say what families did."""

from typing import Any

from earnest.ledger.coverage import CoverageRow
from earnest.ledger.row import OtherRow
from earnest.report.tables.coverage import coverages, render_coverage, render_operators
from ledger.coverage_row import ROW


def row(**changes: Any) -> CoverageRow:
    return CoverageRow.of(ROW | changes)


def test_the_latest_row_of_a_family_and_recipe_counts() -> None:
    rows = [row(decibel=1.0), row(decibel=25.0), row(recipe="w4a8", decibel=12.0), row(target="int8", decibel=2.0)]
    found = coverages([*rows, OtherRow.of({"kind": "other"})])
    assert {recipe: known.decibel for recipe, known in found["a"].items()} == {"w8a8": 25.0, "w4a8": 12.0}
    (line,) = render_coverage(rows).splitlines()[2:]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == ["a", "x", "x", "1", "3", "2", "6", "25.0", "12.0", "–", "0.0", "1.00", "–", "–", "x"]


def test_every_operator_has_a_line_with_its_equation() -> None:
    lines = render_operators([row()]).splitlines()[2:]
    assert any(line.startswith("| `linear` | E10 |") and line.endswith("| 1 of 1 |") for line in lines)
    assert any(line.startswith("| `group_norm` | E25 |") and line.endswith("| 0 of 1 |") for line in lines)
    assert any(line.startswith("| `reshape` | E23 |") for line in lines)
