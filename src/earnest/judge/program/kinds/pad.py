"""Pad (E23): the pad joins the codes that are moved."""

from collections.abc import Sequence

from earnest.judge.program.fields import integer, integers
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.moves import joined
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse
from earnest.judge.program.values import Value


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    before, after, x = step.fields["before"], step.fields["after"], shapes[0]
    if not len(before) == len(after) == len(x) or min([*before, *after], default=0) < 0:
        refuse(f"amounts for each of the axes of {x}", (before, after))
    return tuple(part + first + last for part, first, last in zip(x, before, after, strict=True))


def _prove(place: Place) -> Value:
    (x,) = place.operands
    place.zero_point("zero_point", x.bits, x.signed)
    return joined(place, [place.integer("zero_point")])


KIND = Kind(
    fields={"before": integers, "after": integers, "zero_point": integer}, shape=_shape, prove=_prove, moves=True
)
