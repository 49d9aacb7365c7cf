"""Transpose (E23)."""

from collections.abc import Sequence

from earnest.judge.program.fields import integers
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.moves import moved
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    order, x = step.fields["order"], shapes[0]
    if sorted(order) != list(range(len(x))):
        refuse(f"an order of {len(x)} axes", order)
    return tuple(x[axis] for axis in order)


KIND = Kind(fields={"order": integers}, shape=_shape, prove=moved, moves=True)
