"""Convolutions (E11) over any number of axes."""

from collections.abc import Sequence
from functools import partial

from earnest.judge.program import weights
from earnest.judge.program.factors import WeightsByOperand
from earnest.judge.program.fields import integer, integers
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse
from earnest.judge.program.values import Value

MOST_STEPS = 1 << 16
"""Of a stride, a dilation, a padding; and groups."""

WINDOWS = {
    **dict.fromkeys(("strides", "padding", "dilations"), integers),
    **dict.fromkeys(("groups", "input_zero_point"), integer),
}


def convolution(axes: int) -> Kind:
    """The convolution over so many axes, which follow batch and channels."""
    return Kind(
        fields={**weights.FIELDS, **WINDOWS},
        tensors=("weight",),
        constants=weights.CONSTANTS,
        shape=partial(_shape, axes),
        prove=_prove,
        factors=WeightsByOperand(),
    )


def _shape(axes: int, step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, weight, fields = shapes[0], step.arrays["weight"].codes.shape, step.fields
    strides, padding, dilations = fields["strides"], fields["padding"], fields["dilations"]
    windows = [strides, padding, dilations]
    lawful = len(x) == len(weight) == axes + 2 and all(len(part) == axes for part in windows) and fields["groups"] >= 1
    counted = (*strides, *dilations, fields["groups"], *padding) if lawful else ()
    if not lawful or min(*strides, *dilations) < 1 or min(padding) < 0 or max(counted) > MOST_STEPS:
        refuse(f"{axes + 2} axes and windows of {axes}", (x, weight, windows))
    if weight[0] % fields["groups"] or x[1] != weight[1] * fields["groups"]:
        refuse(f"{weight[1]} channels in each of {fields['groups']} groups", (x, weight))
    spatial = [
        (length + 2 * pad - dilation * (taps - 1) - 1) // stride + 1
        for length, taps, stride, pad, dilation in zip(x[2:], weight[2:], strides, padding, dilations, strict=True)
    ]
    return (x[0], weight[0], *spatial)


def _prove(place: Place) -> Value:
    return weights.weighted(place, _padding)


def _padding(place: Place) -> int:
    """Codes of real 0 lie around the operand where it is padded."""
    place.zero_point("input_zero_point", place.integer("input_bits"), place.step.fields["input_signed"])
    return abs(place.integer("input_zero_point")) if any(place.step.fields["padding"]) else 0
