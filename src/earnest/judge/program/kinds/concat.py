"""Concat (E23)."""

from collections.abc import Sequence

from earnest.judge.program.fields import integer
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.moves import moved
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    axis, first = step.fields["axis"], shapes[0]
    if not 0 <= axis < len(first):
        refuse(f"an axis of {first}", axis)
    rest = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    if len(rest) != 1 or any(len(shape) != len(first) for shape in shapes):
        refuse(f"shapes alike but for axis {axis}", shapes)
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


KIND = Kind(fields={"axis": integer}, operands=None, shape=_shape, prove=moved, moves=True)
