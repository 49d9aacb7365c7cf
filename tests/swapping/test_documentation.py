"""docs/recipes.md names every key, role and range of a recipe, and its example is one."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from earnest.methods.catalogue import catalogue
from earnest.swapping.recipe import RangeMethod, Recipe, Role, Rule

PAGE = "docs/recipes.md"


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / PAGE).read_text(encoding="utf-8")


def first_cells(page: str, heading: str) -> set[str]:
    """The words in backquotes in the first column of a table."""
    rows = page.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_every_key_is_explained(page: str):
    assert first_cells(page, "key") == set(Recipe.model_fields)
    assert first_cells(page.split("## A rule")[1], "key") == set(Rule.model_fields)


def test_every_method_is_explained(page: str):
    assert first_cells(page, "method") == set(catalogue())


def test_every_role_and_range_is_explained(page: str):
    assert first_cells(page, "role") == set(get_args(Role))
    assert first_cells(page, "range") == set(get_args(RangeMethod))


def test_the_example_is_a_recipe(page: str):
    found = Recipe.model_validate(tomllib.loads(page.split("```toml\n")[1].split("```", maxsplit=1)[0]))
    assert found.rule[1].weight_group == 16
