"""Causality: where the tokens are in every value of a decoder, and that nothing at one token depends on a later one.

Each operator says it of itself (`Operator.place`); one that may look at any token is refused.
"""

from earnest.integer.dimension import TOKENS
from earnest.integer.law.places import Place, Reading, Rows


def place_of(reading: Reading) -> Place:
    """Where the tokens are in the result of a step; ProgramError if it may depend on later ones."""
    if all(place is None for place in reading.places) and not reading.operator.depends_on(TOKENS):
        return None
    return reading.operator.place(reading)


def remembered(reading: Reading) -> tuple[int, int] | None:
    """The operand that holds tokens which are to be kept, the last one, and their axis from the end, if any."""
    last = reading.places[-1] if reading.operator.remembers else None
    return (len(reading.places) - 1, last.axis) if isinstance(last, Rows) else None
