"""The recipe whose widths keep a budget, and the next budget to ask for where a file has come out larger."""

import glob
from collections.abc import Callable, Sequence

from earnest.file import FileReport
from earnest.methods.allocation import Width, allocate
from earnest.methods.widths import Sensitivity
from earnest.swapping.budget import Budget
from earnest.swapping.recipe import Recipe, Rule
from earnest.swapping.swap import WEIGHTED

_KEPT_BACK = 0.002
"""Share of a file that is left free: biases and multipliers take more or fewer bytes once weights are rounded."""


def allocated(recipe: Recipe, budget: Budget, found: Sequence[Sensitivity], other_bytes: int) -> Recipe:
    """The recipe with a width for every weight; `other_bytes` are those of the file that are neither weight codes nor
    multipliers of their groups.

    CalibrationError where no widths keep the budget.
    """
    cost, amount = _cost(budget, found, other_bytes)
    widths = allocate([choice for each in found for choice in each.choices(cost)], amount)
    rules = [
        Rule(path=glob.escape(path), operator=list(WEIGHTED), weight_bits=width.bits, weight_group=width.group)
        for path, width in widths.items()
    ]
    return recipe.model_copy(update={"budget": None, "rule": [*rules, *recipe.rule]})


def smaller(budget: Budget, asked: Budget, report: FileReport) -> Budget | None:
    """What to ask for next where `asked` gave a file larger than the budget; None where it did not."""
    if budget.unit == "Gbitops" or report.file_bytes <= (allowed := _bytes(budget, report.weight_codes)):
        return None
    amount = asked.amount * (1 - _KEPT_BACK) * allowed / report.file_bytes
    return Budget(amount=round(amount, 6), unit=budget.unit)


def _bytes(budget: Budget, weights: int) -> float:
    return budget.amount * 1e6 if budget.unit == "MB" else budget.amount * weights / 8


def _cost(
    budget: Budget, found: Sequence[Sensitivity], other_bytes: int
) -> tuple[Callable[[Sensitivity, Width], float], float]:
    """What a weight costs at a width, and what all of them may cost together."""
    if budget.unit == "Gbitops":
        return lambda each, width: each.accumulates * each.input_bits * width.bits / 1e9, budget.amount
    whole = _bytes(budget, sum(each.weights for each in found))
    return Sensitivity.bytes, whole * (1 - _KEPT_BACK) - other_bytes
