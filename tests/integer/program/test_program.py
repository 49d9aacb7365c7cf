"""A program: run from top to bottom, seen at every step, and refused where its input is not what it is proved for."""

import gc
import weakref

import numpy as np
import pytest
from tests.integer.cases import CASES

from earnest.errors import ProgramError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.add import Add
from earnest.integer.law.constant import Constant
from earnest.integer.law.exponential import Exponential
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.softmax import Softmax
from earnest.integer.law.table import Table
from earnest.integer.law.transpose import Transpose
from earnest.integer.program.program import Input, Program, Step, run
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify

SUM = Add(zero_points=(0, 0), multipliers=(32768, 32768), shift=15, zero_point=0, bits=16, signed=True)
NEGATE = Table(table=np.arange(127, -129, -1).astype(np.int8), input_bits=8, input_signed=True, bits=8)


def tiny() -> Program:
    """y = (~x)^T + (-3), with a value that is used twice and one that is never used."""
    steps = (
        Step(name="negated", operator=NEGATE, inputs=("input",)),
        Step(name="unused", operator=Reshape(shape=(("*", 2, "time"),)), inputs=("negated",)),
        Step(name="turned", operator=Transpose(order=(1, 0)), inputs=("negated",)),
        Step(name="three", operator=Constant(codes=np.asarray([[-3]], dtype=np.int64), bits=4), inputs=()),
        Step(name="sum", operator=SUM, inputs=("turned", "three")),
        Step(name="last", operator=Slice(axis=1, start=0, stop="time", step=1), inputs=("sum",)),
    )
    spec = Input.whole(bits=8, signed=True, shape=("time", 2), shortest=2, longest=9)
    return Program(target="int8x16", inputs=(spec,), steps=steps, output="last", description={})


CODES = np.asarray([[0, 1], [-128, 127], [5, -5]], dtype=np.int8)


def test_run():
    verify(tiny(), load_target("int8x16"))
    (result,) = run(tiny(), [CODES], IntegerAccumulation())
    assert result.dtype == np.int16
    assert result.tolist() == [[-1 - 3, 127 - 3, -6 - 3], [-2 - 3, -128 - 3, 4 - 3]]


def test_observe_sees_every_value_in_its_width():
    seen = {}
    (result,) = run(tiny(), [CODES], IntegerAccumulation(), seen.__setitem__)
    assert {name: value.dtype.name for name, value in seen.items()} == {
        "negated": "int8",
        "unused": "int8",
        "turned": "int8",
        "three": "int8",
        "sum": "int16",
        "last": "int16",
    }
    assert seen["last"] is result
    assert seen["unused"].shape == (6,)


def test_values_are_dropped_after_their_last_reader():
    x = np.zeros((4, 2), dtype=np.int8)
    alive: dict[str, weakref.ref] = {}
    gone: dict[str, set[str]] = {}

    def observe(name: str, value: np.ndarray) -> None:
        gc.collect()
        gone[name] = {other for other, reference in alive.items() if reference() is None}
        alive[name] = weakref.ref(value)

    steps = [Step(name="0", operator=NEGATE, inputs=("input",))]
    steps += [Step(name=str(i), operator=NEGATE, inputs=(str(i - 1),)) for i in range(1, 6)]
    steps.append(Step(name="6", operator=SUM, inputs=("5", "0")))
    spec = Input.whole(bits=8, signed=True, shape=("time", 2), shortest=1, longest=9)
    program = Program(target="int8x16", inputs=(spec,), steps=tuple(steps), output="6", description={})
    run(program, [x], IntegerAccumulation(), observe)
    assert gone["5"] == {"1", "2", "3"}
    assert gone["6"] == {"1", "2", "3", "4"}


def test_output_read_by_a_later_step_is_kept():
    steps = (Step(name="a", operator=NEGATE, inputs=("input",)), Step(name="b", operator=NEGATE, inputs=("a",)))
    spec = Input.whole(bits=8, signed=True, shape=("time", 2), shortest=1, longest=9)
    program = Program(target="int8x16", inputs=(spec,), steps=steps, output="a", description={})
    assert run(program, [CODES], IntegerAccumulation())[0][0].tolist() == [-1, -2]


@pytest.mark.parametrize("length", [1, 10])
def test_length_is_refused(length):
    with pytest.raises(ProgramError, match=f"expected 2 to 9 frames, got {length}"):
        run(tiny(), [np.zeros((length, 2), dtype=np.int8)], IntegerAccumulation())


@pytest.mark.parametrize("shape", [(3,), (3, 3), (3, 2, 1), (3, 0), ()])
def test_shape_is_refused(shape):
    with pytest.raises(ProgramError, match="expected an input of shape"):
        run(tiny(), [np.zeros(shape, dtype=np.int8)], IntegerAccumulation())


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.bool_, np.complex64])
def test_type_is_refused(dtype):
    with pytest.raises(ProgramError, match="expected integer codes"):
        run(tiny(), [np.zeros((3, 2), dtype=dtype)], IntegerAccumulation())


@pytest.mark.parametrize("code", [-129, 128, 1 << 40])
def test_range_is_refused(code):
    codes = CODES.astype(np.int64)
    codes[1, 1] = code
    with pytest.raises(ProgramError, match=r"expected integer codes in -128 \.\. 127"):
        run(tiny(), [codes], IntegerAccumulation())


def test_codes_in_another_integer_type_are_the_same_codes():
    assert tiny().input.check(CODES.astype(np.int64)) == 3
    narrow, wide = (run(tiny(), [CODES.astype(dtype)], IntegerAccumulation())[0] for dtype in (np.int8, np.int64))
    assert np.array_equal(narrow, wide)


NAMES = {"softmax": "int16", "exponential": "uint8", "relative_shift": "int16"}


@pytest.mark.parametrize(("kind", "name"), NAMES.items())
def test_width_of_what_has_no_declared_width(kind, name):
    case = CASES[kind][0]
    assert isinstance(case.operator, Softmax | Exponential) or kind == "relative_shift"
    bits, rank = case.domains[0].bits, len(case.inputs[0].shape)
    shape = ("time", *case.inputs[0].shape[1:]) if rank > 1 else ("time",)
    spec = Input.whole(bits=bits, signed=True, shape=shape, shortest=1, longest=9)
    steps = (Step(name="y", operator=case.operator, inputs=("input",)),)
    program = Program(target="int8x16", inputs=(spec,), steps=steps, output="y", description={})
    assert run(program, [case.inputs[0]], IntegerAccumulation())[0].dtype.name == name
