"""The integer program finds what trying everything finds, and keeps the budget."""

import itertools
import random

import pytest

from earnest.errors import CalibrationError, RecipeError
from earnest.methods.allocation import Choice, allocate
from earnest.methods.budget import allocated
from earnest.methods.widths import Sensitivity
from earnest.swapping.budget import Budget, parse_budget
from earnest.swapping.recipe import Recipe


def choices(seed: int, paths: int = 6) -> list[Choice]:
    """Losses that fall as widths grow."""
    generator = random.Random(seed)
    found = []
    for number in range(paths):
        weights, loss = generator.randint(1, 50), generator.uniform(0.01, 1)
        found += [
            Choice(path=f"p{number}", bits=bits, cost=weights * bits, loss=loss * 4.0 ** (2 - bits))
            for bits in (2, 4, 8)
        ]
    return found


@pytest.mark.parametrize("seed", range(6))
def test_no_other_widths_lose_less(seed: int):
    each = choices(seed)
    cheapest, dearest = (sum(c.cost for c in each if c.bits == bits) for bits in (2, 8))
    budget = cheapest + 0.4 * (dearest - cheapest)
    found = allocate(each, budget)
    by = {(choice.path, choice.bits): choice for choice in each}
    assert sum(by[path, bits].cost for path, bits in found.items()) <= budget
    paths = sorted(found)
    best = min(
        sum(by[path, bits].loss for path, bits in zip(paths, widths, strict=True))
        for widths in itertools.product((2, 4, 8), repeat=len(paths))
        if sum(by[path, bits].cost for path, bits in zip(paths, widths, strict=True)) <= budget
    )
    assert sum(by[path, bits].loss for path, bits in found.items()) == pytest.approx(best, rel=1e-3)


def test_a_budget_for_nothing_is_refused():
    with pytest.raises(CalibrationError, match="expected at least"):
        allocate(choices(1), 1.0)


@pytest.mark.parametrize(
    ("text", "found"), [("4.5 bits", (4.5, "bits")), ("7 MB", (7, "MB")), ("20.25 Gbitops", (20.25, "Gbitops"))]
)
def test_budgets_are_a_number_and_a_unit(text: str, found: tuple[float, str]):
    budget = parse_budget(text)
    assert (budget.amount, budget.unit) == found
    assert str(budget) == text


@pytest.mark.parametrize("text", ["", "4.5", "bits", "4.5bits", "-1 bits", "4.5 GB", "1e3 MB", "nan bits"])
def test_other_budgets_are_refused(text: str):
    with pytest.raises(RecipeError, match="expected a budget such as"):
        parse_budget(text)


def sensitivity(path: str, loss: float, weights: int = 1000) -> Sensitivity:
    errors = {bits: 4.0**-bits for bits in (2, 3, 4, 5, 6, 8)}
    return Sensitivity(path=path, weights=weights, accumulates=weights * 10, input_bits=8, loss=loss, errors=errors)


RECIPE = Recipe.model_validate(
    {"name": "x", "description": "y", "budget": "5 bits", "rule": [{"operator": ["linear"], "weight_bits": 4}]}
)


@pytest.mark.parametrize(
    ("text", "mean"), [("5 bits", 5.0), ("0.0025 MB", 5.0), ("0.0016 Gbitops", 5.0), ("6.5 bits", 6.5)]
)
def test_sensitive_weights_get_more_bits(text: str, mean: float):
    losses = {"a.weak[0]": 0.001, "b": 0.1, "c.strong": 10.0, "d": 0.1}
    found = [sensitivity(path, loss) for path, loss in losses.items()]
    recipe = allocated(RECIPE, parse_budget(text), found, other_bytes=0)
    widths = {rule.path: rule.weight_bits for rule in recipe.rule[:-1]}
    assert recipe.budget is None
    assert recipe.rule[-1] == RECIPE.rule[0]
    assert recipe.rule[0].matches("a.weak[0]", "linear", "activation"), "a path is no pattern"
    values = [int(bits) for bits in widths.values() if bits is not None]
    assert len(values) == 4
    assert mean - 0.8 <= sum(values) / 4 <= mean
    assert values[2] == max(values)
    assert values[0] == min(values)


def test_what_is_no_weight_counts():
    found = [sensitivity("a", 1.0), sensitivity("b", 1.0)]
    budget = Budget(amount=6.0, unit="bits")
    with_none, with_some = (allocated(RECIPE, budget, found, other_bytes=other) for other in (0, 400))
    total = [sum(rule.weight_bits or 0 for rule in recipe.rule[:-1]) for recipe in (with_none, with_some)]
    assert total[1] < total[0]
