"""Locality: how far the operators of the law look, by kinds of looking. Each operator inherits the one that it has.

    code by code   a code is made of the codes in the same place
    row by row     a row is made of the same row of each operand: operators over the last axis
    product        a sum over an axis of both operands

An operator that inherits none of them says itself where rows are in its result (`Operator.place`), or may look at any
of them.
"""

from typing import ClassVar

from earnest.integer.law.operator import Operator
from earnest.integer.law.places import Place, Reading, Rows, Scores


class CodeByCode(Operator):
    """Makes each code from codes in the same place; an operand without tokens says the same to all of them."""

    row_local: ClassVar[bool] = True

    def place(self, reading: Reading) -> Place:
        """That of the operands."""
        place = reading.common()
        if isinstance(place, Scores) and place.masked:
            raise reading.refuse("changes probabilities")
        axes = (place.axis,) if isinstance(place, Rows) else (-2, -1)
        for index, found in enumerate(reading.places):
            shapes = () if found is not None else (reading.shapes[index], reading.longest[index])
            if any(len(shape) >= -axis and shape[axis] != 1 for shape in shapes for axis in axes):
                raise reading.refuse("reads something else for each of the tokens")
        return place


class RowByRow(Operator):
    """Goes over the last axis."""

    row_local: ClassVar[bool] = True

    def place(self, reading: Reading) -> Place:
        """That of the operands, where the last axis is not the tokens'."""
        place = reading.common()
        if not isinstance(place, Rows) or place.axis == -1:
            raise reading.refuse("goes over the tokens")
        return place


class Product(Operator):
    """A product of two values; the second is kept for later tokens where it has a row for each."""

    arity: ClassVar[int | None] = 2
    remembers: ClassVar[bool] = True

    def place(self, reading: Reading) -> Place:
        """Rows by what has no tokens, queries by keys, or masked scores by values."""
        left, right = reading.places
        if isinstance(left, Rows) and left.axis == -2 and right is None:
            return left
        if left == Rows(axis=-2) and right == Rows(axis=-1):
            return Scores(masked=False)
        if left == Scores(masked=True) and right == Rows(axis=-2):
            return Rows(axis=-2)
        raise reading.refuse("sums over tokens without a causal mask")
