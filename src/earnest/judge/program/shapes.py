"""Shapes of results that several operators have; ValueError says why there is none."""

from collections.abc import Sequence
from typing import NoReturn

from earnest.judge.program.lengths import Lengths
from earnest.judge.program.records import Step

Shape = tuple[int, ...]
MOST_AXES, LARGEST = 8, 1 << 31
"""Axes of a value, and a bound of the number of its elements."""


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """Operands from the right: equal, or 1, or missing."""
    rank = max(len(shape) for shape in shapes)
    wide = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    found = tuple(max(parts) for parts in zip(*wide, strict=True))
    if any(part not in (1, whole) for shape in wide for part, whole in zip(shape, found, strict=True)):
        refuse("operands that broadcast", shapes)
    return found


def same(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    """That of the operand."""
    del step, lengths
    return shapes[0]


def together(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    """That of all operands, which broadcast."""
    del step, lengths
    return broadcast(shapes)


def product(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    """That of a product of matrices, whose outer axes broadcast."""
    del step, lengths
    a, b = shapes
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-2]:
        refuse("matrices of one inner extent", shapes)
    return (*broadcast([a[:-2], b[:-2]]), a[-2], b[-1])


def rows(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    """That of the operand, whose last axis is a row of keys; under a mask the axis before is that of the queries."""
    del lengths
    x = shapes[0]
    if len(x) < (2 if step.fields.get("masked") else 1):
        refuse("rows", x)
    if step.fields.get("masked") and x[-1] < x[-2]:
        refuse("no more queries than keys under the mask", x)
    return x


def refuse(expected: str, got: object) -> NoReturn:
    """There is no shape."""
    raise ValueError(f"expected {expected}, got {got}")
