"""Steps that read values with tokens in some places."""

from typing import Any

from tests.integer.every_operator import small_program

from earnest.integer.dimension import TIME, TOKENS
from earnest.integer.law.operator import Operator
from earnest.integer.law.places import Place, Reading, Rows, Scores

COUNT = 2
SYMBOLS = {TIME: 5, TOKENS: COUNT}
ROWS = (1, COUNT, 8)
SCORES = (1, 4, COUNT, COUNT)
SHAPES = {
    Rows(axis=-2): ROWS,
    Rows(axis=-1): (1, 4, 2, COUNT),
    Scores(masked=False): SCORES,
    Scores(masked=True): SCORES,
}
ANY = {step.operator.kind: step.operator for step in small_program().steps}


def reading(operator: Operator, *places: Place, shapes: tuple[Any, ...] = ()) -> Reading:
    """A step that reads values with tokens in some places."""
    usual = [SHAPES.get(place, (1, 5, 8)) if place is not None else (1, 5, 8) for place in places]
    return Reading(
        name="y", operator=operator, places=places, shapes=shapes or usual, longest=shapes or usual, symbols=SYMBOLS
    )


SCALED, MASKED, ROW = Scores(masked=False), Scores(masked=True), Rows(axis=-2)
MATMUL, ADD, LINEAR = (ANY[kind] for kind in ("matmul", "add", "linear"))
