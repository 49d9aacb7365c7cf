"""Budgets as a recipe writes them: a number and a unit."""

import pytest

from earnest.errors import RecipeError
from earnest.swapping.budget import parse_budget


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4.5 bits", (4.5, "bits")),
        ("7 MB", (7, "MB")),
        ("20.25 Gbitops", (20.25, "Gbitops")),
        ("40 ms", (40, "ms")),
    ],
)
def test_budgets_are_a_number_and_a_unit(text: str, found: tuple[float, str]):
    budget = parse_budget(text)
    assert (budget.amount, budget.unit) == found
    assert str(budget) == text


@pytest.mark.parametrize(
    "text", ["", "4.5", "bits", "4.5bits", "-1 bits", "4.5 GB", "1e3 MB", "nan bits", "4 s", "asked"]
)
def test_other_budgets_are_refused(text: str):
    with pytest.raises(RecipeError, match="expected a budget such as"):
        parse_budget(text)
