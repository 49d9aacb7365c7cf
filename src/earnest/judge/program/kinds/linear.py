"""Linear layers (E10)."""

from collections.abc import Sequence

from earnest.judge.program import weights
from earnest.judge.program.factors import WeightsByOperand
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse
from earnest.judge.program.values import Value


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, weight = shapes[0], step.arrays["weight"].codes.shape
    if len(weight) != 2 or not x or x[-1] != weight[1]:
        refuse(f"a weight of two axes and {weight[-1:]} channels", x)
    return (*x[:-1], weight[0])


def _prove(place: Place) -> Value:
    return weights.weighted(place, lambda _: 0)


KIND = Kind(
    fields=weights.FIELDS,
    tensors=("weight",),
    constants=weights.CONSTANTS,
    shape=_shape,
    prove=_prove,
    factors=WeightsByOperand(),
)
