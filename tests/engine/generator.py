"""Programs at random: operators, chains of layout, and the blocks that models are made of."""

from collections.abc import Callable
from functools import cache

import numpy as np
from tests.engine import operators
from tests.engine.building import MOST_AXES, Builder, Made

from earnest.integer.codes import code_range
from earnest.integer.dimension import Dimension
from earnest.integer.law.concat import Concat
from earnest.integer.law.pad import Pad
from earnest.integer.law.relative_shift import RelativeShift
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.transpose import Transpose
from earnest.integer.program.program import Input, Program
from earnest.integer.program.target import Target


def transpose(b: Builder, x: Made | None = None, order: tuple[int, ...] | None = None) -> Made | None:
    """Axes in any order."""
    x = x or b.some(lambda v: v.rank > 1)
    return x and b.put(Transpose(order=order or tuple(int(axis) for axis in b.rng.permutation(x.rank))), x)


def _merged(shape: list[Dimension], at: int) -> None:
    left, right = shape[at], shape.pop(at + 1)
    both_known = isinstance(left, int) and isinstance(right, int)
    shape[at] = left * right if both_known else ("*", left, right)  # type: ignore[operator]


def _split(b: Builder, shape: list[Dimension], at: int) -> None:
    extent = shape[at]
    divisors = [d for d in range(2, extent + 1) if extent % d == 0] if isinstance(extent, int) else []
    if divisors:
        factor = b.pick(divisors)
        shape[at : at + 1] = [factor, extent // factor]  # type: ignore[operator]


def reshape(b: Builder) -> Made | None:
    """Axes merged, split, and ones put in or left out; a copy where the operand is a view."""
    x = b.some(lambda v: None not in v.shape)
    if x is None:
        return None
    shape: list[Dimension] = [extent for extent in x.shape if extent is not None]
    for _ in range(b.integer(1, 3)):
        kind, at = b.integer(0, 3), b.integer(0, max(0, len(shape) - 2))
        if kind == 0 and len(shape) > 1:
            _merged(shape, at)
        elif kind == 1 and shape:
            _split(b, shape, b.integer(0, len(shape) - 1))
        elif kind == 2 and len(shape) < MOST_AXES:
            shape.insert(b.integer(0, len(shape)), 1)
        else:
            shape = [extent for extent in shape if extent != 1]
    return b.put(Reshape(shape=tuple(shape)), x)


def part(b: Builder) -> Made | None:
    """A slice of any axis, with steps; that of time grows with it."""
    x = b.some(lambda v: v.rank > 0)
    if x is None:
        return None
    axis = b.integer(0, x.rank - 1)
    extent, least = x.shape[axis], x.domains[0].shape[axis]
    if extent is None:
        return None
    start, back = b.integer(0, least - 1), 0
    back = b.integer(0, least - 1 - start)
    stop: Dimension = extent - back if isinstance(extent, int) else ("+", extent, -back)
    return b.put(Slice(axis=axis, start=start, stop=stop, step=b.pick([1, 1, 2, 3, 5, 1 << 40])), x)


def pad(b: Builder) -> Made | None:
    """Codes around a value."""
    x = b.some()
    if x is None:
        return None
    before, after = (tuple(b.pick([0, 0, 0, 1, 3]) for _ in range(x.rank)) for _ in range(2))
    return b.put(Pad(before=before, after=after, zero_point=b.code(x.last.bits, signed=x.last.signed)), x)


def concat(b: Builder) -> Made | None:
    """A value behind others of its kind, or behind itself."""
    x = b.some(lambda v: v.rank > 0)
    if x is None:
        return None
    axis = b.integer(0, x.rank - 1)
    around = (*x.shape[:axis], *x.shape[axis + 1 :])
    grid = (x.last.bits, x.last.signed)

    def fits(v: Made) -> bool:
        same = (v.last.bits, v.last.signed) == grid and v.rank == x.rank
        return same and (*v.shape[:axis], *v.shape[axis + 1 :]) == around and None not in around

    others = [v for v in b.values if fits(v)] or [x]
    return b.put(Concat(axis=axis), x, *(b.pick(others) for _ in range(b.integer(0, 3))))


def feed_forward(b: Builder) -> Made | None:
    """Linear, table, linear, sum, norm."""
    x = b.some(lambda v: v.rank > 0 and v.fixed(-1) is not None)
    if x is None:
        return None
    inner = operators.table(b, operators.linear(b, operators.narrow(b, x)))
    outer = inner and operators.linear(b, inner, x.last.shape[-1])
    total = outer and operators.add(b, x, outer)
    return total and operators.layer_norm(b, total)


def module(b: Builder) -> Made | None:
    """The convolution module: pointwise, gate, depthwise, table, pointwise, all between two transposes."""
    x = b.some(lambda v: v.rank == 3 and v.fixed(2) is not None)
    turned = x and transpose(b, x, (0, 2, 1))
    gated = turned and operators.glu(b, operators.convolution(b, turned), 1)
    deep = gated and operators.convolution(b, gated, depthwise=True)
    last = deep and operators.convolution(b, operators.table(b, deep))
    return last and transpose(b, last, (0, 2, 1))


def _heads(b: Builder, x: Made, heads: int, each: int) -> Made | None:
    made = operators.narrow(b, operators.linear(b, x, heads * each))
    split = made and b.put(Reshape(shape=(*x.shape[:-1], heads, each)), made)  # type: ignore[arg-type]
    return split and transpose(b, split, (*range(x.rank - 2), x.rank - 1, x.rank - 2, x.rank))


def attention(b: Builder) -> Made | None:
    """Heads, two products of which one is shifted by relative positions, a softmax of either kind, and back."""
    x = operators.narrow(b, b.some(lambda v: v.rank == 3 and v.shape[1] == "time" and v.fixed(2) is not None))
    if x is None:
        return None
    heads, each, longest = b.pick([1, 2, 3]), b.pick([3, 4, 16, 20]), b.times[-1]
    q, k, v = (_heads(b, x, heads, each) for _ in range(3))
    keys = k and transpose(b, k, (0, 1, 3, 2))
    content = q and keys and operators.matmul(b, q, keys)
    table = operators.constant(b, (2 * longest - 1, heads, each), 8)
    window = Slice(axis=0, start=("+", longest, ("*", -1, "time")), stop=("+", longest, "time", -1), step=1)
    cut = table and b.put(window, table)
    positions = cut and transpose(b, cut, (1, 2, 0))
    scores = q and positions and operators.matmul(b, q, positions)
    shifted = scores and b.put(RelativeShift(), scores)
    total = content and shifted and operators.add(b, content, shifted)
    if total is None or v is None:
        return None
    if b.chance(0.5):
        mixed = operators.matmul(b, operators.softmax(b, operators.narrow(b, total, 16)), v)
    else:
        weights = operators.exponential(b, total)
        mixed = weights and operators.weighted_mean(b, weights, v)
    back = mixed and transpose(b, mixed, (0, 2, 1, 3))
    joined = back and b.put(Reshape(shape=(*x.shape[:2], heads * each)), back)  # type: ignore[arg-type]
    return joined and operators.linear(b, joined)


OPERATORS: dict[Callable[[Builder], Made | None], int] = {
    operators.linear: 4,
    operators.convolution: 8,
    operators.embedding: 2,
    operators.recurrence: 4,
    operators.matmul: 6,
    operators.weighted_mean: 3,
    operators.add: 4,
    operators.mul: 2,
    operators.table: 2,
    operators.interpolated_table: 3,
    operators.glu: 2,
    operators.softmax: 2,
    operators.exponential: 2,
    operators.layer_norm: 2,
    operators.rms_norm: 2,
    operators.bias_norm: 2,
    operators.group_norm: 2,
    transpose: 4,
    reshape: 4,
    part: 3,
    pad: 1,
    concat: 2,
    feed_forward: 2,
    module: 1,
    attention: 6,
}
"""How often each is tried."""

URN = [operator for operator, weight in OPERATORS.items() for _ in range(weight)]

SHAPES = (
    ("time",),
    (1, "time"),
    (1, "time", "n"),
    (1, "time", "n"),
    ("m", "time", "n"),
    ("n", "time"),
    (1, "n", "time"),
)
SHAPES = (*SHAPES, (1, "n", "time", "m"), (1, "m", "time", "n"), ("m", 1, "time", "n"), ("time", "n"), ("time", "m", 1))


@cache
def generate(seed: int) -> tuple[Program, Target]:
    """A program of a seed, and the target for which it is to be verified."""
    rng = np.random.default_rng(seed)
    longest = int(rng.choice([1, 5, 24, 24, 40, 40, 70, 130, 230]))
    b = Builder(seed, 64 if seed % 3 == 2 else 32, longest)
    sizes = {"n": b.pick([1, 4, 6, 16, 18, 33]), "m": b.pick([2, 3])}
    shape = tuple(sizes.get(extent, extent) for extent in b.pick(SHAPES))  # type: ignore[arg-type]
    wide = [16, 16, 24] if b.target.accumulator_bits == 64 else [16]
    b.read(b.pick([8, 8, 8, 8, 4, 3, *wide]), signed=b.chance(0.7), shape=shape)
    wanted = b.integer(4, 24)
    for _ in range(20 * wanted):
        if len(b.steps) >= wanted:
            break
        b.pick(URN)(b)
    if not b.steps:
        b.put(Pad(before=(0,) * len(shape), after=(0,) * len(shape), zero_point=0), b.values[0])
    output = b.steps[-1] if b.chance(0.6) else b.pick(b.steps)
    return b.program(output.name), b.target


def inputs(spec: Input, time: int, seed: int) -> list[np.ndarray]:
    """Random codes; one-sided rows of the lowest and of the highest code; both ends at random."""
    rng = np.random.default_rng(seed)
    low, high = code_range(spec.bits, signed=spec.signed)
    shape = spec.domain(time).shape
    sided = np.where(rng.random((*shape[:-1], 1)) < 0.5, low, high)
    made = [
        rng.integers(low, high, size=shape, endpoint=True),
        np.broadcast_to(sided, shape),
        np.where(rng.random(shape) < 0.5, low, high),
    ]
    return [codes.astype(spec.container) for codes in made]
