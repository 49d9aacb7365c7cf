"""The relative shift (E22)."""

from collections.abc import Sequence

from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.moves import moved
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del step, lengths
    x = shapes[0]
    if len(x) < 2 or x[-1] != 2 * x[-2] - 1:
        refuse("rows of 2 T - 1 distances for T queries", x)
    return (*x[:-1], x[-2])


KIND = Kind(fields={}, shape=_shape, prove=moved, moves=True)
