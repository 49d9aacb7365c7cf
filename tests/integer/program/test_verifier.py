"""The verifier refuses, at the bound and not before, everything that the law or a target does not allow."""

import dataclasses

import numpy as np
import pytest
from tests.integer.cases import CASES
from tests.integer.verifying import INT8, INT8X16, linear, product, program, refused, step

from earnest.errors import ProgramError, TargetError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.add import Add
from earnest.integer.law.concat import Concat
from earnest.integer.law.constant import Constant
from earnest.integer.law.pad import Pad
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.table import Table
from earnest.integer.law.transpose import Transpose
from earnest.integer.program.program import Input, Step, run
from earnest.integer.program.verifier import verify

TOP = (1 << 31) - 1


FULL = [[127] * 700]
"""Sums of 700 * 127 * 128 = 11 379 200."""


@pytest.mark.parametrize("sign", [1, -1])
def test_planted_overflow(sign):
    room = TOP - 700 * 127 * 128
    kept = verify(program(step(linear(FULL, sign * room)), features=700), INT8X16)
    assert kept.widest["y:accumulator"] == TOP
    assert kept.accumulator_bits == 32
    refused(program(step(linear(FULL, sign * (room + 1))), features=700), f"y: the accumulator can reach {TOP + 1}")


def test_planted_overflow_without_a_bias():
    """The depth at which unsigned 8-bit codes and the largest weights pass int32."""
    depth = TOP // (127 * 255)
    spec = Input.whole(bits=8, signed=False, shape=("time", depth), shortest=1, longest=1)
    operator = linear(np.full((1, depth), 127), input_signed=False)
    verify(program(step(operator), inputs=(spec,)), INT8X16)
    deeper = linear(np.full((1, depth + 1), 127), input_signed=False)
    spec = dataclasses.replace(spec, shape=("time", depth + 1))
    refused(program(step(deeper), inputs=(spec,)), "which needs 33 bits; expected at most 32")


def test_an_overflow_of_one_channel_is_enough():
    operator = linear([[1, 1], [127, 127]])
    operator = dataclasses.replace(operator, bias=np.asarray([TOP - 256, TOP - 256]))
    refused(program(step(operator)), "the accumulator can reach")


def test_overflow_at_the_longest_input_only():
    scores = dataclasses.replace(CASES["matmul"][0].operator, left_zero_point=-128, right_zero_point=-128)
    steps = (step(Transpose(order=(1, 0)), name="x"), step(scores, "x", "input"))
    for longest in (TOP // (255 * 255), TOP // (255 * 255) + 1):
        candidate = program(*steps, longest=longest)
        if 255 * 255 * longest <= TOP:
            verify(candidate, INT8X16)
        else:
            refused(candidate, "y: the accumulator can reach")


@pytest.mark.parametrize(("axis", "fits"), [(0, True), (1, False)])
def test_an_input_may_be_empty_where_codes_come_behind_it(axis: int, fits: bool):
    """Along another axis its emptiness would be that of the result."""
    behind = Constant(codes=np.asarray([[1, 2]]), bits=8)
    steps = [Step(name="c", operator=behind, inputs=()), step(Concat(axis=axis), "input", "c" if fits else "input")]
    candidate = program(*steps)
    empty = dataclasses.replace(candidate, inputs=(dataclasses.replace(candidate.input, shortest=0),))
    if fits:
        verify(empty, INT8X16)
    else:
        refused(empty, "y: expected something to put behind each other, got a value of shape (0, 4)")


def test_an_input_that_something_else_reads_is_not_empty():
    candidate = program(step(GOOD))
    empty = dataclasses.replace(candidate, inputs=(dataclasses.replace(candidate.input, shortest=0),))
    refused(empty, "input: expected 1 <= shortest <= longest")


@pytest.mark.parametrize("ends", [(-129, 127), (0, 128), (5, 4)])
def test_an_input_has_codes_of_its_width(ends: tuple[int, int]):
    candidate = program(step(GOOD))
    spec = dataclasses.replace(candidate.input, low=ends[0], high=ends[1])
    refused(dataclasses.replace(candidate, inputs=(spec,)), "expected an input of")


def test_inputs_of_one_symbol_have_one_length_and_names_of_their_own():
    candidate = program(step(PAIR, "input", "other"))
    other = dataclasses.replace(candidate.input, name="other")
    both = dataclasses.replace(candidate, inputs=(candidate.input, other))
    verify(both, INT8X16)
    longer = dataclasses.replace(other, longest=other.longest + 1)
    refused(dataclasses.replace(both, inputs=(candidate.input, longer)), "other: expected the lengths (1, ")
    refused(dataclasses.replace(both, inputs=(candidate.input, candidate.input)), "input: read twice")
    codes = [np.zeros((length, 2), dtype=np.int8) for length in (3, 4)]
    with pytest.raises(ProgramError, match="other: expected 3 time, got 4"):
        run(both, codes, IntegerAccumulation())
    with pytest.raises(ProgramError, match=r"expected codes of \['input', 'other'\], got 1 arrays"):
        run(both, codes[:1], IntegerAccumulation())


def test_an_extent_of_two_lengths_is_refused():
    """The longest of both need not be where it is greatest."""
    candidate = program(step(Reshape(shape=(("*", "time", "tokens"), 2)), name="y"))
    tokens = dataclasses.replace(candidate.input, name="t", shape=("tokens", 2), longest=1)
    both = dataclasses.replace(candidate, inputs=(candidate.input, tokens))
    refused(both, "y: reshape: expected an extent of one length at most, that never shrinks as time or tokens grows")


def test_width_that_the_target_does_not_allow():
    wide = program(step(linear([[1, 2]], bits=16)), target="int8")
    refused(wide, "y: linear: the result has 16 bits; target int8 allows", TargetError, INT8)
    refused(program(step(linear([[1, 2]], input_bits=16)), bits=16), "operand 0 has 16 bits", TargetError)
    narrow = dataclasses.replace(INT8.operators["linear"], weight=(8,))
    target = dataclasses.replace(INT8, operators={**INT8.operators, "linear": narrow})
    refused(
        program(step(linear([[1]], weight_bits=4)), features=1, target="int8"), "the weight has 4", TargetError, target
    )


def test_operator_that_the_target_does_not_have():
    softmax = CASES["softmax"][0].operator
    verify(program(step(softmax), bits=16), INT8X16)
    refused(program(step(softmax), bits=16, target="int8"), "has no operator softmax", TargetError, INT8)


def test_program_of_another_target():
    refused(program(step(linear([[1, 2]]))), "made for target 'int8x16'", ProgramError, INT8)


GOOD = linear([[1, 2], [3, 4]])


PAIR = Add(zero_points=(0, 0), multipliers=(32768, 32768), shift=15, zero_point=0, bits=8, signed=True)


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        (program(step(GOOD, "nowhere")), "y: reads ['nowhere'], which no earlier operator makes"),
        (program(step(GOOD, "y")), "y: reads ['y']"),
        (program(step(GOOD, "z"), step(GOOD, name="z")), "y: reads ['z']"),
        (program(step(GOOD), step(GOOD)), "y: made twice"),
        (program(step(GOOD, name="input")), "input: made twice"),
        (program(step(GOOD, "input", "input")), "linear takes 1 values"),
        (program(Step(name="y", operator=PAIR, inputs=())), "add takes at least 1 values"),
        (program(step(Constant(codes=np.asarray([1]), bits=8))), "constant takes"),
        (program(step(GOOD), output="z"), "expected an output that an operator makes, got 'z'"),
        (program(step(GOOD), output="input"), "expected an output that an operator makes"),
        (program(step(GOOD), longest=0), "expected 1 <= shortest <= longest"),
        (program(step(GOOD), longest=(1 << 20) + 1), "expected 1 <= shortest <= longest"),
        (program(step(GOOD), bits=9), "expected an input of"),
        (program(step(GOOD), bits=-5), "expected an input of"),
        (program(step(GOOD), features=0), "expected an input of 1 or more on each axis"),
        (program(step(PAIR, "input")), "expected a zero point and a multiplier for each of 1 operands"),
    ],
)
def test_structure(candidate, message):
    refused(candidate, message)


@pytest.mark.parametrize("shape", [(2, 3), ("time", "time"), ("batch", "time")])
def test_input_has_one_free_axis(shape):
    spec = Input.whole(bits=8, signed=True, shape=shape, shortest=1, longest=9)
    with pytest.raises(ProgramError, match="expected"):
        verify(program(step(GOOD), inputs=(spec,)), INT8X16)


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        (linear([[1, 2, 3]]), "y: expected 3 features, got an input of (1, 2)"),
        (linear([1, 2]), "expected a weight of 2 axes"),
        (linear([[1, 2]], bias=np.zeros(2, dtype=np.int32)), "expected 1 biases"),
        (linear([[1, 2]], input_bits=7), "expected an input of 7 bits"),
        (linear([[1, 2]], input_signed=False), "expected an input of 8 bits, signed False"),
        (linear([[1, 2]], zero_point=128), "expected a zero point in -128 .. 127, got 128"),
        (linear([[1, 2]], multiplier=np.asarray([(1 << 15) - 1])), "expected multipliers 0 or 32768 .. 65535"),
        (linear([[1, 2]], multiplier=np.asarray([1])), "expected multipliers 0 or 32768 .. 65535"),
        (linear([[1, 2]], multiplier=np.asarray([1 << 16])), "multiplier: expected values in 0 .. 65535"),
        (linear([[1, 2]], multiplier=np.asarray([-40000])), "multiplier: expected values in 0 .. 65535"),
        (linear([[1, 2]], multiplier=np.asarray([40000] * 2)), "expected multipliers and shifts of shape (1,)"),
        (linear([[1, 2]], shift=np.asarray([0])), "expected shifts in 1 .. 47, got 0"),
        (linear([[1, 2]], shift=np.asarray([48])), "expected shifts in 1 .. 47, got 48"),
        (linear([[1, 2]], bias=np.asarray([1.0])), "bias: expected a non-empty integer array, got float64"),
        (linear([[1, 2]], bias=[1]), "bias: expected a non-empty integer array, got list"),
        (linear([[1, 2]], bias=np.asarray([1 << 31])), "bias: expected values in"),
        (linear(np.zeros((0, 2))), "weight: expected a non-empty integer array"),
        (
            dataclasses.replace(linear([[1, 2]]), weight=np.asarray([[0.5, 1]])),
            "weight: expected a non-empty integer array, got float64",
        ),
        (linear([[1, -128]]), "expected weight codes up to 127"),
        (linear([[1, 8]], weight_bits=4), "expected weight codes up to 7"),
        (linear([[1, 2]], weight_bits=2, weight_map="odd"), "expected odd weight codes only"),
        (linear([[1, 1]], weight_group=1), "expected groups of 8 weights or more, or a whole row of 2, got 1"),
        (linear([[1, 1]], weight_group=3), "or a whole row of 2, got 3"),
        (linear([[1, 1]], group_multiplier=np.ones((1, 2), int)), "group multipliers of shape (1, 1), got (1, 2)"),
        (linear([[1, 1]], group_multiplier=np.zeros((1, 1), int)), "group multipliers of 1 or more, got 0"),
        (linear([[1, -2]], group_multiplier=np.full((1, 1), 64)), "codes times group multipliers up to 127, got 128"),
        (linear([[1, 1]], group_multiplier=np.full((1, 1), 128)), "group_multiplier: expected values in 0 .. 127"),
        (linear([[1, 5]], weight_bits=2, weight_map="odd"), "expected weight codes up to 3"),
        (linear([[1, 1]], weight_map="log"), "expected a weight map of"),
        (linear([[1, 1]], weight_map="odd"), "expected weights of 1 to 8 bits that fit int8"),
        (linear([[0, 0]], weight_bits=1), "expected weights of 1 to 8 bits that fit int8"),
        (Table(table=np.zeros(255, dtype=np.int8), input_bits=8, input_signed=True, bits=8), "expected 256 entries"),
        (Table(table=np.full(256, 8), input_bits=8, input_signed=True, bits=4), "table: expected values in -8 .. 7"),
        (Constant(codes=np.asarray([[9]]), bits=4), "codes: expected values in -8 .. 7, got 9 .. 9"),
        (Reshape(shape=("time", 3)), "expected a shape of 2 elements, got (1, 3)"),
        (Reshape(shape=(-1, ("*", "time", -2))), "expected a shape of 2 elements"),
        (Reshape(shape=("frames", 2)), "expected a dimension in the symbols"),
        (Transpose(order=(0, 0)), "expected an order of 2 axes"),
        (Pad(before=(0, -1), after=(0, 0), zero_point=0), "expected two amounts of 0 or more"),
        (Pad(before=(0, 0), after=(0, 0), zero_point=128), "expected an operand's zero point in"),
    ],
)
def test_operator(operator, message):
    inputs = () if operator.arity == 0 else ("input",)
    refused(program(Step(name="y", operator=operator, inputs=inputs)), message)


def test_extent_that_peaks_between_the_ends():
    """Lengths are proved at both ends only, so an extent that is greatest between them is refused as such."""
    longest = 100_000
    peak = Slice(axis=0, start=0, stop=("min", "time", ("+", longest + 1, ("*", "time", -1))), step=1)
    steps = (step(peak, name="s"), step(product(), "t", "s"))
    turned = step(Transpose(order=(1, 0)), "s", name="t")
    refused(program(steps[0], turned, steps[1], longest=longest), "never shrinks as time grows")
    ramp = dataclasses.replace(peak, stop=("min", "time", 20))
    verify(program(step(ramp, name="s"), turned, steps[1], longest=longest), INT8X16)
