"""The recipe whose widths keep a budget, and the next budget to ask for where a file has come out larger."""

import glob
from collections.abc import Callable
from dataclasses import dataclass

from earnest.errors import CalibrationError
from earnest.file import FileReport
from earnest.integer.law.operators import WEIGHTED
from earnest.integer.program.target import Target
from earnest.methods.allocation import Width, allocate
from earnest.methods.milliseconds import Milliseconds
from earnest.methods.widths import Sensitivity
from earnest.swapping.budget import Budget
from earnest.swapping.recipe import Recipe, Rule

_KEPT_BACK = 0.002
"""Share of a file that is left free: biases and multipliers take more or fewer bytes once weights are rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What widths are chosen by: what the model loses by each weight, the bytes of its file that are neither weight
    codes nor multipliers of their groups, and, under a budget of milliseconds, what each step takes.
    """

    sensitivities: tuple[Sensitivity, ...]
    other_bytes: int
    milliseconds: Milliseconds | None = None


def allocate_widths(recipe: Recipe, budget: Budget, measured: Measured, target: Target) -> Recipe:
    """The recipe with a width for every weight, among those that the target has.

    CalibrationError where no widths keep the budget.
    """
    cost, amount = _cost(budget, measured)
    choices = []
    for each in measured.sensitivities:
        allowed = target.weight_bits(each.kind)
        usable = each.choices(cost, allowed)
        if not usable:
            raise CalibrationError(
                f"{each.path}: {each.kind}: target {target.name} has weights of {sorted(allowed)} bits; widths are "
                f"chosen among {sorted({width.bits for width in each.errors})}"
            )
        choices += usable
    widths = allocate(choices, amount)
    rules = [
        Rule(path=glob.escape(path), operator=list(WEIGHTED), weight_bits=width.bits, weight_group=width.group)
        for path, width in widths.items()
    ]
    return recipe.model_copy(update={"budget": None, "rule": [*rules, *recipe.rule]})


def lower_budget(budget: Budget, asked: Budget, report: FileReport, milliseconds: float | None) -> Budget | None:
    """What to ask for next where `asked` gave a program larger or slower than the budget; None where it did not."""
    if budget.unit == "Gbitops":
        return None
    if milliseconds is not None:
        allowed, used = budget.amount, milliseconds
    else:
        allowed, used = _bytes(budget, report.weight_codes), float(report.file_bytes)
    if used <= allowed:
        return None
    return Budget(amount=round(asked.amount * (1 - _KEPT_BACK) * allowed / used, 6), unit=budget.unit)


def _bytes(budget: Budget, weights: int) -> float:
    return budget.amount * 1e6 if budget.unit == "MB" else budget.amount * weights / 8


def _cost(budget: Budget, measured: Measured) -> tuple[Callable[[Sensitivity, Width], float], float]:
    """What a weight costs at a width, and what all of them may cost together."""
    if budget.unit == "Gbitops":
        return lambda each, width: each.accumulates * each.input_bits * width.bits / 1e9, budget.amount
    if (clocked := measured.milliseconds) is not None:
        return lambda each, width: clocked.of[width][each.path], budget.amount - clocked.rest
    whole = _bytes(budget, sum(each.weights for each in measured.sensitivities))
    return Sensitivity.bytes, whole * (1 - _KEPT_BACK) - measured.other_bytes
