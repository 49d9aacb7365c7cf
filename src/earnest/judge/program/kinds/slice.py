"""Slice (E23)."""

from collections.abc import Iterator, Sequence

import numpy as np

from earnest.judge.program import fields
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths, extent, extents
from earnest.judge.program.moves import moved
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    axis, stride, x = step.fields["axis"], step.fields["step"], shapes[0]
    start, stop = extent(step.fields["start"], lengths), extent(step.fields["stop"], lengths)
    if not 0 <= axis < len(x) or not 0 <= start < stop <= x[axis] or stride < 1:
        refuse(f"a part of axis {axis} of {x}", (start, stop, stride))
    return (*x[:axis], -((start - stop) // stride), *x[axis + 1 :])


def _extents(step: Step, longest: Lengths) -> Iterator[np.ndarray]:
    start, stop = extents(step.fields["start"], longest), extents(step.fields["stop"], longest)
    yield -((start - stop) // max(step.fields["step"], 1))


KIND = Kind(
    fields={"axis": fields.integer, "start": fields.extent, "stop": fields.extent, "step": fields.integer},
    shape=_shape,
    prove=moved,
    moves=True,
    extents=_extents,
)
