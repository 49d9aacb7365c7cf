"""A budget for all weights together, as a recipe writes it.

`4.5 bits`: every byte of the file, for each weight; `7.4 MB`: the file; `20 Gbitops`: multiply-accumulates with weights
in 1000 frames, times the widths of both factors; `40 ms`: all of the program on ten seconds of speech, measured with
the native engine on one thread of this machine.
"""

import re
from dataclasses import dataclass

from earnest.errors import RecipeError

ASKED = "asked"
"""The budget of a recipe that has none of its own: whoever uses it says one."""

_FORM = r"(\d+(?:\.\d+)?) (bits|MB|Gbitops|ms)"
FORM = rf"^({ASKED}|{_FORM})$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An amount of a unit."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


def parse_budget(text: str) -> Budget:
    """RecipeError: not a number and a unit."""
    found = re.fullmatch(_FORM, text)
    if found is None:
        raise RecipeError(
            f"expected a budget such as '4.5 bits', '7.4 MB', '20 Gbitops' or '40 ms', got {text!r}; "
            "--budget or an experiment's matrix.budget says it"
        )
    return Budget(amount=float(found[1]), unit=found[2])
