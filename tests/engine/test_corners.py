"""Small programs by hand: outputs that no task makes as they lie, and what once went wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.engine.building import Builder, Made
from tests.engine.generator import inputs
from tests.engine.running import mismatches
from tests.integer.case import IDENTITY, random, whole_rows

from earnest.engine import NativeBackend
from earnest.errors import EngineError
from earnest.integer.dimension import Dimension
from earnest.integer.law.add import Add
from earnest.integer.law.concat import Concat
from earnest.integer.law.constant import Constant
from earnest.integer.law.conv1d import Convolution1d
from earnest.integer.law.conv2d import Convolution2d
from earnest.integer.law.linear import Linear
from earnest.integer.law.matmul import MatMul
from earnest.integer.law.pad import Pad
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.table import Table
from earnest.integer.law.transpose import Transpose
from earnest.integer.program.program import Program
from earnest.integer.program.verifier import verify

TURNED = Table(table=np.arange(127, -129, -1), input_bits=8, input_signed=True, bits=8)
SWAP = Transpose(order=(1, 0))
EVEN = Slice(axis=1, start=0, stop=6, step=2)
HALVES = Add(zero_points=(0, 0), multipliers=(1 << 15, 1 << 15), shift=16, zero_point=0, bits=8, signed=True)


def weighted(weight: np.ndarray, shift: int, bias: Any = 0) -> dict[str, Any]:
    """Constants of a linear or a convolution of 8-bit codes."""
    out = weight.shape[0]
    return {
        "weight": weight.astype(np.int8),
        **whole_rows(weight),
        "bias": np.broadcast_to(np.asarray(bias), (out,)).astype(np.int32),
        "multiplier": np.full(out, 40503, dtype=np.uint16),
        "shift": np.full(out, shift, dtype=np.uint8),
        "weight_bits": 8,
        "weight_map": "symmetric",
        "input_bits": 8,
        "input_signed": True,
        "zero_point": 0,
        "bits": 8,
        "signed": True,
    }


def weights(*shape: int) -> np.ndarray:
    """Random weight codes."""
    return np.maximum(random(1, shape, 8).codes, -127)


def linear(features: int, out: int) -> Linear:
    """A linear whose results are spread over their range."""
    return Linear(**weighted(weights(out, features), 23))


def conv(weight: np.ndarray, groups: int, *, shift: int = 23, bias: Any = 0, padding: int = 0) -> Any:
    """A convolution over one or two axes."""
    rank = weight.ndim - 2
    kind = Convolution1d if rank == 1 else Convolution2d
    around = {"strides": (1,) * rank, "padding": (padding,) * rank, "dilations": (1,) * rank}
    return kind(**weighted(weight, shift, bias), **around, groups=groups, input_zero_point=0)


def product(*, signed: bool, **settings: int) -> MatMul:
    """A product of 8-bit codes with 24 bits."""
    common = {"left_bits": 8, "right_bits": 8, "left_zero_point": 0, "right_zero_point": 0, "zero_point": 0}
    return MatMul(**common, **(IDENTITY | settings), bits=24, signed=signed)  # type: ignore[arg-type]


def table_of_17(b: Builder) -> Made:
    """A right operand."""
    return b.put(Constant(codes=random(2, (6, 17), 8).codes, bits=8))  # type: ignore[return-value]


def dead(b: Builder, x: Made) -> Made | None:
    """A step that nobody reads, before and after the output's."""
    b.put(linear(6, 40), x)
    made = b.put(TURNED, x)
    b.put(linear(6, 3), made)  # type: ignore[arg-type]
    return made


def read_again(b: Builder, x: Made) -> Made | None:
    """An output that a later step reads; it does not matter."""
    made = b.put(linear(6, 6), x)
    b.put(HALVES, made, x)  # type: ignore[arg-type]
    return made


def in_the_middle(b: Builder, x: Made) -> Made | None:
    """A value that is read by the steps of the output, through two layouts."""
    made = b.put(linear(6, 6), x)
    turned = b.put(SWAP, b.put(SWAP, made))  # type: ignore[arg-type]
    return b.put(HALVES, turned, b.put(TURNED, made))  # type: ignore[arg-type]


def brought(b: Builder, x: Made) -> Made | None:
    """A sum that reads one value twice, which joins the strip of another only for its sake."""
    first = b.put(linear(6, 6), x)
    twice = b.put(TURNED, x)
    total = Add(zero_points=(0,) * 3, multipliers=(40000,) * 3, shift=17, zero_point=0, bits=8, signed=True)
    return b.put(total, twice, twice, first)  # type: ignore[arg-type]


TWO_AXES: tuple[Dimension, ...] = ("time", 6)
FIRST = Slice(axis=0, start=0, stop=1, step=1)
UNEQUAL_BIAS = [0, 0, (1 << 31) - 1, 1 - (1 << 31)]
CORNERS: dict[str, tuple[tuple[Dimension, ...], int, Callable[[Builder, Made], Made | None]]] = {
    "the input, turned": (TWO_AXES, 32, lambda b, x: b.put(SWAP, x)),
    "the input, sliced": (TWO_AXES, 32, lambda b, x: b.put(EVEN, x)),
    "the input as it is": (TWO_AXES, 32, lambda b, x: b.put(Reshape(shape=("time", 6)), x)),
    "a result, turned": (TWO_AXES, 32, lambda b, x: b.put(SWAP, b.put(linear(6, 33), x))),  # type: ignore[arg-type]
    "a result, sliced": (TWO_AXES, 32, lambda b, x: b.put(EVEN, b.put(linear(6, 33), x))),  # type: ignore[arg-type]
    "a scalar": (
        TWO_AXES,
        32,
        lambda b, x: b.put(Reshape(shape=()), b.put(FIRST, b.put(SWAP, b.put(FIRST, x)))),  # type: ignore[arg-type]
    ),
    "a constant": (TWO_AXES, 32, lambda b, x: b.put(Constant(codes=np.arange(-3, 4), bits=8))),
    "a constant, sliced": (TWO_AXES, 32, lambda b, x: b.put(EVEN, table_of_17(b))),
    "dead steps": (TWO_AXES, 32, dead),
    "read again": (TWO_AXES, 32, read_again),
    "in the middle": (TWO_AXES, 32, in_the_middle),
    "brought once, read twice": (TWO_AXES, 32, brought),
    "a step beyond 2^62": (TWO_AXES, 32, lambda b, x: b.put(Slice(axis=1, start=1, stop=4, step=(1 << 63) - 1), x)),
    "an operand twice": (TWO_AXES, 32, lambda b, x: b.put(HALVES, x, x)),
    "12 axes": (TWO_AXES, 32, lambda b, x: b.put(Reshape(shape=(*(1,) * 10, "time", 6)), x)),
    "as many operands as there may be": (TWO_AXES, 32, lambda b, x: b.put(Concat(axis=1), *[x] * 32)),
    "depthwise over the last of two axes": ((1, 4, 3, "time"), 32, lambda b, x: b.put(conv(weights(4, 1, 1, 3), 4), x)),
    "depthwise over the first of two axes": (
        (1, 4, "time", 5),
        32,
        lambda b, x: b.put(conv(weights(4, 1, 3, 1), 4), x),
    ),
    "groups of which one has sums beyond 32 bits": (
        (1, 4, "time"),
        64,
        lambda b, x: b.put(conv(weights(4, 2, 3), 2, shift=35, bias=UNEQUAL_BIAS), x),
    ),
    "channels of which one has sums beyond 32 bits": (
        (1, 4, "time"),
        64,
        lambda b, x: b.put(conv(weights(4, 1, 3), 4, shift=35, bias=UNEQUAL_BIAS, padding=1), x),
    ),
    "a product handed on": (TWO_AXES, 32, lambda b, x: b.put(product(signed=True), x, table_of_17(b))),
    "a product handed on without its sign": (
        TWO_AXES,
        32,
        lambda b, x: b.put(product(signed=False), x, table_of_17(b)),
    ),
}


def made(name: str) -> Program:
    """The program of a corner, verified."""
    shape, accumulator_bits, build = CORNERS[name]
    b = Builder(0, accumulator_bits, 120)
    output = build(b, b.read(8, signed=True, shape=shape))
    assert output is not None, "refused by the verifier"
    program = b.program(output.name)
    verify(program, b.target)
    return program


@pytest.mark.parametrize("name", CORNERS)
def test_native_equals_law(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.engine.building.MOST_AXES", 20)
    monkeypatch.setattr("tests.engine.building.MOST_ELEMENTS", 1 << 16)
    program = made(name)
    times = (program.input.shortest, 39, program.input.longest)
    assert next(mismatches(program, [c for time in times for c in inputs(program.input, time, 0)]), None) is None


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        (Reshape(shape=(*(1,) * 11, "time", 6)), "expected at most 12 axes"),
        (Concat(axis=1), "expected at most 32 operands at a time"),
        (Slice(axis=1, start=0, stop=1, step=1 << 70), "expected integers of 64 bits"),
    ],
)
def test_what_is_proved_but_too_much_is_refused_in_one_line(
    operator: Any, message: str, monkeypatch: pytest.MonkeyPatch
):
    """The law has no such limits; the engine says its own."""
    monkeypatch.setattr("tests.engine.building.MOST_AXES", 20)
    b = Builder(0, 32, 9)
    x = b.read(8, signed=True, shape=TWO_AXES)
    output = b.put(operator, *[x] * (33 if operator.arity is None else 1))
    assert output is not None
    program = b.program(output.name)
    verify(program, b.target)
    with pytest.raises(EngineError, match=message) as error:
        NativeBackend(program).run(inputs(program.input, 9, 0)[0])
    assert "\n" not in str(error.value)


def test_a_pad_that_is_much_larger_than_its_value():
    b = Builder(0, 32, 3)
    x = b.read(8, signed=True, shape=TWO_AXES)
    output = b.put(Pad(before=(0, 900), after=(1, 2000), zero_point=-5), x)
    assert output is not None
    assert next(mismatches(b.program(output.name), inputs(b.input, 3, 0)), None) is None
