"""Reshape (E23)."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from earnest.judge.program import fields
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths, extent, extents
from earnest.judge.program.moves import moved
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    found = tuple(extent(dimension, lengths) for dimension in step.fields["shape"])
    if math.prod(found) != math.prod(shapes[0]) or min(found, default=1) < 1:
        refuse(f"as many elements as {shapes[0]} has", found)
    return found


def _extents(step: Step, longest: Lengths) -> Iterator[np.ndarray]:
    yield from (extents(dimension, longest) for dimension in step.fields["shape"])


KIND = Kind(fields={"shape": fields.extents}, shape=_shape, prove=moved, moves=True, extents=_extents)
