"""Families from `transformers` and torch go the whole way."""

import pytest

from earnest.lab.coverage import coverage_row
from earnest.zoo.coverage import measure
from earnest.zoo.families import FAMILIES

pytest.importorskip("transformers")
LEAST_DECIBEL = 20.0


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_goes_the_whole_way(name: str) -> None:
    """Float graph = model (swap refuses otherwise), twin = program on three backends, and codes close to the float."""
    family = FAMILIES[name]
    row = coverage_row(family, "w8a8", "int8x16", command="earnest coverage")
    assert row.differing == {"reference": 0, "native": 0, "onnx": 0}
    assert row.codes > 100_000
    assert row.decibel >= LEAST_DECIBEL
    declared = family.part == "all" and not family.name.startswith("torch-")
    assert row.level == ("H4" if declared else "H3"), "H4 needs a front end and tokens that the file can declare"


@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_the_best_recipes_run_on_a_family_unchanged(target: str) -> None:
    plain, best = (measure(FAMILIES["wav2vec2-base"], recipe, target) for recipe in ("w4a8", "w4a8-best"))
    assert plain["differing"] == best["differing"] == {"reference": 0, "native": 0, "onnx": 0}
    assert best["decibel"] > plain["decibel"]
