"""A budget for all weights together, as a recipe writes it.

`4.5 bits`: every byte of the file, for each weight; `7.4 MB`: the file; `20 Gbitops`: multiply-accumulates with weights
in 1000 frames, times the widths of both factors.
"""

import re
from dataclasses import dataclass

from earnest.errors import RecipeError

FORM = r"^(\d+(?:\.\d+)?) (bits|MB|Gbitops)$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An amount of a unit."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


def parse_budget(text: str) -> Budget:
    """RecipeError: not a number and a unit."""
    found = re.fullmatch(FORM, text)
    if found is None:
        raise RecipeError(f"expected a budget such as '4.5 bits', '7.4 MB' or '20 Gbitops', got {text!r}")
    return Budget(amount=float(found[1]), unit=found[2])
