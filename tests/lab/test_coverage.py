"""Families from `transformers` and torch go the whole way, and the tables of coverage say what they did."""

from typing import Any

import pytest

from earnest.lab.coverage import measure
from earnest.lab.coverage_table import coverages, render_coverage, render_operators
from earnest.lab.families import FAMILIES
from earnest.ledger.coverage import CoverageRow
from earnest.ledger.row import OtherRow
from ledger.coverage_row import ROW

pytest.importorskip("transformers")
LEAST_DECIBEL = 20.0
COMMAND = "earnest coverage"


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_goes_the_whole_way(name: str) -> None:
    """Float graph = model (swap refuses otherwise), twin = program on three backends, and codes close to the float."""
    family = FAMILIES[name]
    row = measure(family, "w8a8", "int8x16", command=COMMAND)
    assert row.differing == {"reference": 0, "native": 0, "onnx": 0}
    assert row.codes > 100_000
    assert row.decibel >= LEAST_DECIBEL
    declared = family.part == "all" and not family.name.startswith("torch-")
    assert row.level == ("H4" if declared else "H3"), "H4 needs a front end and tokens that the file can declare"


@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_the_best_recipes_run_on_a_family_unchanged(target: str) -> None:
    plain, best = (
        measure(FAMILIES["wav2vec2-base"], recipe, target, command=COMMAND) for recipe in ("w4a8", "w4a8-best")
    )
    assert plain.differing == best.differing == {"reference": 0, "native": 0, "onnx": 0}
    assert best.decibel > plain.decibel


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
