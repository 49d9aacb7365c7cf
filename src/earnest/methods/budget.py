"""A budget for all weights together, and the recipe whose widths keep it.

`4.5 bits`: every byte of the file, for each weight; `7.4 MB`: the file; `20 Gbitops`: multiply-accumulates with weights
in 1000 frames, times the widths of both factors.
"""

import glob
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from earnest.errors import RecipeError
from earnest.file import FileReport
from earnest.methods.allocation import allocate
from earnest.methods.widths import Sensitivity
from earnest.swapping.recipe import BUDGET, Recipe, Rule

_KEPT_BACK = 0.002
"""Share of a file that is left free: biases and multipliers take more or fewer bytes once weights are rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An amount of a unit, as a recipe writes it."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


def parse_budget(text: str) -> Budget:
    """RecipeError: not a number and a unit."""
    found = re.fullmatch(BUDGET, text)
    if found is None:
        raise RecipeError(f"expected a budget such as '4.5 bits', '7.4 MB' or '20 Gbitops', got {text!r}")
    return Budget(amount=float(found[1]), unit=found[2])


def allocated(recipe: Recipe, budget: Budget, found: Sequence[Sensitivity], other_bytes: int) -> Recipe:
    """The recipe with a width for every weight; `other_bytes` are those of the file that are no weight codes.

    CalibrationError where no widths keep the budget.
    """
    cost, amount = _cost(budget, found, other_bytes)
    widths = allocate([choice for each in found for choice in each.choices(cost)], amount)
    rules = [Rule(path=glob.escape(path), operator=_WEIGHTED, weight_bits=bits) for path, bits in widths.items()]
    return recipe.model_copy(update={"budget": None, "rule": [*rules, *recipe.rule]})


def smaller(budget: Budget, asked: Budget, report: FileReport) -> Budget | None:
    """What to ask for next where `asked` gave a file larger than the budget; None where it did not."""
    if budget.unit == "Gbitops" or report.file_bytes <= (allowed := _bytes(budget, report.weight_codes)):
        return None
    amount = asked.amount * (1 - _KEPT_BACK) * allowed / report.file_bytes
    return Budget(amount=round(amount, 6), unit=budget.unit)


def _bytes(budget: Budget, weights: int) -> float:
    return budget.amount * 1e6 if budget.unit == "MB" else budget.amount * weights / 8


_WEIGHTED = ["linear", "conv1d", "conv2d"]


def _cost(
    budget: Budget, found: Sequence[Sensitivity], other_bytes: int
) -> tuple[Callable[[Sensitivity, int], float], float]:
    """What a weight costs at a width, and what all of them may cost together."""
    if budget.unit == "Gbitops":
        return lambda each, bits: each.accumulates * each.input_bits * bits / 1e9, budget.amount
    whole = _bytes(budget, sum(each.weights for each in found))
    return lambda each, bits: each.weights * bits / 8, whole * (1 - _KEPT_BACK) - other_bytes
