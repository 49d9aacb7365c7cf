"""The shape of every operator's result, from those of its operands and the lengths; ValueError says why it has none."""

import math
from collections.abc import Callable, Sequence
from typing import NoReturn

from earnest.judge.program.lengths import Lengths, extent
from earnest.judge.program.records import Step

Shape = tuple[int, ...]
MOST_AXES, LARGEST = 8, 1 << 31
"""Axes of a value, and a bound of the number of its elements."""

MOST_STEPS = 1 << 16
"""Of a stride, a dilation, a padding; and groups."""


def result_shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    """The shape of what a step makes."""
    found = _SHAPES[step.kind](step, shapes, lengths)
    if len(found) > MOST_AXES or any(part < 1 for part in found) or math.prod(found) >= LARGEST:
        _refuse("extents from 1, and fewer than 2^31 elements", found)
    return found


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """Operands from the right: equal, or 1, or missing."""
    rank = max(len(shape) for shape in shapes)
    wide = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    found = tuple(max(parts) for parts in zip(*wide, strict=True))
    if any(part not in (1, whole) for shape in wide for part, whole in zip(shape, found, strict=True)):
        _refuse("operands that broadcast", shapes)
    return found


def _same(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del step, lengths
    return shapes[0]


def _rows(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x = shapes[0]
    if len(x) < (2 if step.fields.get("masked") else 1):
        _refuse("rows", x)
    if step.fields.get("masked") and x[-1] < x[-2]:
        _refuse("no more queries than keys under the mask", x)
    return x


def _linear(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, weight = shapes[0], step.arrays["weight"].codes.shape
    if len(weight) != 2 or not x or x[-1] != weight[1]:
        _refuse(f"a weight of two axes and {weight[-1:]} channels", x)
    return (*x[:-1], weight[0])


def _recurrence(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, weight, gates = shapes[0], step.arrays["weight"].codes.shape, 4 if step.kind == "lstm" else 3
    if len(weight) != 2 or weight[0] != gates * weight[1] or len(x) != 3 or x[2] != weight[0]:
        _refuse(f"[batch, time, rows] and {gates} square gates of as many rows", (x, weight))
    return (*x[:2], weight[1])


def _embedding(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    weight = step.arrays["weight"].codes.shape
    if len(weight) != 2:
        _refuse("a weight of two axes", weight)
    return (*shapes[0], weight[1])


def _convolution(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, weight, fields = shapes[0], step.arrays["weight"].codes.shape, step.fields
    axes = 1 if step.kind == "conv1d" else 2
    strides, padding, dilations = fields["strides"], fields["padding"], fields["dilations"]
    windows = [strides, padding, dilations]
    lawful = len(x) == len(weight) == axes + 2 and all(len(part) == axes for part in windows) and fields["groups"] >= 1
    counted = (*strides, *dilations, fields["groups"], *padding) if lawful else ()
    if not lawful or min(*strides, *dilations) < 1 or min(padding) < 0 or max(counted) > MOST_STEPS:
        _refuse(f"{axes + 2} axes and windows of {axes}", (x, weight, windows))
    if weight[0] % fields["groups"] or x[1] != weight[1] * fields["groups"]:
        _refuse(f"{weight[1]} channels in each of {fields['groups']} groups", (x, weight))
    spatial = [
        (length + 2 * pad - dilation * (taps - 1) - 1) // stride + 1
        for length, taps, stride, pad, dilation in zip(x[2:], weight[2:], strides, padding, dilations, strict=True)
    ]
    return (x[0], weight[0], *spatial)


def _product(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del step, lengths
    a, b = shapes
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-2]:
        _refuse("matrices of one inner extent", shapes)
    return (*broadcast([a[:-2], b[:-2]]), a[-2], b[-1])


def _together(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del step, lengths
    return broadcast(shapes)


def _glu(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, axis = shapes[0], step.fields["axis"]
    if not 0 <= axis < len(x) or x[axis] % 2:
        _refuse(f"an even extent on axis {axis}", x)
    return (*x[:axis], x[axis] // 2, *x[axis + 1 :])


def _layer_norm(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, channels = shapes[0], step.arrays["multiplier"].codes.shape
    if x[-1:] != channels:
        _refuse(f"{channels} channels", x)
    return x


def _group_norm(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, channels, groups = shapes[0], step.arrays["multiplier"].codes.shape, step.fields["groups"]
    if len(x) < 3 or x[1:2] != channels:
        _refuse(f"[batch, channels, ...] of {channels} channels", x)
    if groups < 1 or x[1] % groups:
        _refuse(f"{x[1]} channels in groups of as many each", groups)
    return x


def _relative_shift(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del step, lengths
    x = shapes[0]
    if len(x) < 2 or x[-1] != 2 * x[-2] - 1:
        _refuse("rows of 2 T - 1 distances for T queries", x)
    return (*x[:-1], x[-2])


def _reshape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    found = tuple(extent(dimension, lengths) for dimension in step.fields["shape"])
    if math.prod(found) != math.prod(shapes[0]) or min(found, default=1) < 1:
        _refuse(f"as many elements as {shapes[0]} has", found)
    return found


def _transpose(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    order, x = step.fields["order"], shapes[0]
    if sorted(order) != list(range(len(x))):
        _refuse(f"an order of {len(x)} axes", order)
    return tuple(x[axis] for axis in order)


def _slice(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    axis, stride, x = step.fields["axis"], step.fields["step"], shapes[0]
    start, stop = extent(step.fields["start"], lengths), extent(step.fields["stop"], lengths)
    if not 0 <= axis < len(x) or not 0 <= start < stop <= x[axis] or stride < 1:
        _refuse(f"a part of axis {axis} of {x}", (start, stop, stride))
    return (*x[:axis], -((start - stop) // stride), *x[axis + 1 :])


def _pad(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    before, after, x = step.fields["before"], step.fields["after"], shapes[0]
    if not len(before) == len(after) == len(x) or min([*before, *after], default=0) < 0:
        _refuse(f"amounts for each of the axes of {x}", (before, after))
    return tuple(part + first + last for part, first, last in zip(x, before, after, strict=True))


def _concat(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    axis, first = step.fields["axis"], shapes[0]
    if not 0 <= axis < len(first):
        _refuse(f"an axis of {first}", axis)
    rest = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    if len(rest) != 1 or any(len(shape) != len(first) for shape in shapes):
        _refuse(f"shapes alike but for axis {axis}", shapes)
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def _constant(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del shapes, lengths
    return tuple(step.arrays["codes"].codes.shape)


def _refuse(expected: str, got: object) -> NoReturn:
    raise ValueError(f"expected {expected}, got {got}")


_SHAPES: dict[str, Callable[[Step, Sequence[Shape], Lengths], Shape]] = {
    "linear": _linear,
    "conv1d": _convolution,
    "conv2d": _convolution,
    "embedding": _embedding,
    "lstm": _recurrence,
    "gru": _recurrence,
    "matmul": _product,
    "weighted_mean": _product,
    "add": _together,
    "mul": _together,
    "table": _same,
    "interpolated_table": _same,
    "glu": _glu,
    "softmax": _rows,
    "exponential": _rows,
    "layer_norm": _layer_norm,
    "rms_norm": _layer_norm,
    "group_norm": _group_norm,
    "relative_shift": _relative_shift,
    "reshape": _reshape,
    "transpose": _transpose,
    "slice": _slice,
    "pad": _pad,
    "concat": _concat,
    "constant": _constant,
}
