"""The verifier refuses, at the bound and not before, everything that the law or a target does not allow."""

import dataclasses
import re
from typing import Any

import numpy as np
import pytest
from tests.integer.case import whole_rows
from tests.integer.cases import CASES

from earnest.errors import ProgramError, TargetError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.codes import Domain
from earnest.integer.law.add import Add
from earnest.integer.law.concat import Concat
from earnest.integer.law.constant import Constant
from earnest.integer.law.conv1d import Convolution1d
from earnest.integer.law.layer_norm import LayerNorm
from earnest.integer.law.linear import Linear
from earnest.integer.law.matmul import MatMul
from earnest.integer.law.operator import Operator, Proof
from earnest.integer.law.pad import Pad
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.softmax import Softmax
from earnest.integer.law.table import Table
from earnest.integer.law.transpose import Transpose
from earnest.integer.law.weighted_mean import WeightedMean
from earnest.integer.program.program import Input, Program, Step, run
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify

TOP = (1 << 31) - 1
INT8X16, INT8 = load_target("int8x16"), load_target("int8")


def linear(weight: Any, bias: Any = 0, **changes: Any) -> Linear:
    """A linear operator of 8 bits."""
    weight = np.asarray(weight, dtype=np.int8)
    out = weight.shape[0] if weight.ndim else 1
    constants: dict[str, Any] = {
        "weight": weight,
        **whole_rows(weight),
        "bias": np.full(out, bias, dtype=np.int64) if isinstance(bias, int) else bias,
        "multiplier": np.full(out, 40000, dtype=np.int64),
        "shift": np.full(out, 20, dtype=np.int64),
        "weight_bits": 8,
        "weight_map": "symmetric",
        "input_bits": 8,
        "input_signed": True,
        "zero_point": 0,
        "bits": 8,
        "signed": True,
    }
    return Linear(**(constants | changes))


def program(*steps: Step, bits: int = 8, features: int = 2, longest: int = 50, **changes: Any) -> Program:
    """A program whose last step makes the output."""
    spec = Input.whole(bits=max(bits, 1), signed=True, shape=("time", features), shortest=1, longest=longest)
    spec = dataclasses.replace(spec, bits=bits)
    settings = {"target": "int8x16", "inputs": (spec,), "output": steps[-1].name, "description": {}} | changes
    return Program(steps=steps, **settings)


def step(operator: Operator, *inputs: str, name: str = "y") -> Step:
    """A step."""
    return Step(name=name, operator=operator, inputs=inputs or ("input",))


def refused(candidate: Program, message: str, error: type[Exception] = ProgramError, target: Any = INT8X16) -> None:
    """The verifier raises, and says where."""
    with pytest.raises(error, match=re.escape(message)):
        verify(candidate, target)


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


def _proof(bits: int = 32) -> Proof:
    return Proof(symbols={}, accumulator_bits=bits, path="y")


def _narrow(shape: tuple[int, ...]) -> Domain:
    return Domain(bits=8, signed=True, shape=shape, low=0, high=1)


def test_padding_enters_the_proof():
    """The zero point may lie outside of what was known of the operand."""
    case = next(case for case in CASES["conv1d"] if case.name == "one-sided, padded with the lowest code")
    assert isinstance(case.operator, Convolution1d)
    proof = _proof()
    case.operator.infer([_narrow(case.domains[0].shape)], proof)
    assert proof.widest["y:accumulator"] == 15 * 127 * 128
    padded = Pad(before=(0,), after=(1,), zero_point=-128).infer([_narrow((3,))], _proof())
    assert (padded.low, padded.high) == (-128, 1)


def test_probabilities_are_proved_by_their_sum():
    """300 000 keys of up to 32767 would overflow, but their sum is at most 32767 + 150 000."""
    softmax = CASES["softmax"][0].operator
    domain = softmax.infer([Domain.full(16, signed=True, shape=(1, 300_000))], _proof())
    assert domain.row_sum == 32767 + 150_000
    operator = next(case.operator for case in CASES["matmul"] if case.name == "probabilities")
    values = Domain.full(8, signed=True, shape=(300_000, 1))
    operator.infer([domain, values], _proof())
    with pytest.raises(ProgramError, match="accumulator can reach"):
        operator.infer([dataclasses.replace(domain, row_sum=None), values], _proof())
    assert isinstance(operator, MatMul)
    with pytest.raises(ProgramError, match="accumulator can reach"):
        dataclasses.replace(operator, left_zero_point=1).infer([domain, values], _proof())


def test_a_wide_accumulator_must_leave_room_for_its_multiplier():
    with pytest.raises(ProgramError, match="intermediate can reach"):
        _proof(64).accumulator(1 << 47)
    assert _proof(64).accumulator((1 << 47) - (1 << 30) - 1)


@pytest.mark.parametrize("bits", [16, 24, 32, 64])
def test_accumulator_width_of_the_target(bits):
    largest = min((1 << (bits - 1)) - 1, ((1 << 63) - (1 << 46) - 1) >> 16)
    assert _proof(bits).accumulator(largest) == largest
    with pytest.raises(ProgramError, match="can reach"):
        _proof(bits).accumulator(largest + 1)


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


@pytest.mark.parametrize(
    ("multiplier", "shift"), [(32767, 15), (65536, 15), (-32767, 15), (1, 1), (40000, 0), (40000, 48)]
)
@pytest.mark.parametrize("kind", ["matmul", "mul", "glu", "weighted_mean"])
def test_multiplier_of_one_pair(kind, multiplier, shift):
    case = CASES[kind][0]
    operator = dataclasses.replace(case.operator, multiplier=multiplier, shift=shift)  # type: ignore[call-arg]
    with pytest.raises(ProgramError, match=r"expected (multipliers 0 or|shifts in)"):
        operator.infer(case.domains, _proof())


@pytest.mark.parametrize(
    "change", [{"multipliers": (32767,)}, {"shift": 0}, {"shift": 48}, {"multipliers": (1 << 52,)}]
)
def test_multiplier_of_a_sum(change):
    add = Add(zero_points=(0,), multipliers=(32768,), shift=15, zero_point=0, bits=8, signed=True)
    with pytest.raises(ProgramError, match="expected"):
        dataclasses.replace(add, **change).infer([Domain.full(8, signed=True, shape=(1,))], _proof())


def test_sum_below_two_to_the_52():
    """128 * m + 2^14 < 2^52."""
    largest = ((1 << 52) - (1 << 14) - 1) // 128
    add = Add(zero_points=(0,), multipliers=(largest,), shift=15, zero_point=0, bits=8, signed=True)
    verify(program(step(add)), INT8X16)
    refused(program(step(dataclasses.replace(add, multipliers=(largest + 1,)))), "expected below 2^52")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fine": np.full(256, 32768, dtype=np.uint16), "fine_bits": 7}, "expected tables of"),
        ({"coarse": np.full(256, 32768, dtype=np.uint16)}, "expected tables that start at their largest entries"),
        ({"coarse": np.arange(256, dtype=np.uint16)}, "expected tables that start at their largest entries"),
        ({"fine": np.full(256, 32767, dtype=np.uint16)}, "expected tables that start at their largest entries"),
        ({"input_bits": 8}, "expected scores of 8 bits"),
        ({"fine_bits": 16}, "fine bits"),
        ({"masked": True}, "expected as many keys as queries under a mask"),
    ],
)
def test_softmax(change, message):
    operator = CASES["softmax"][0].operator
    assert isinstance(operator, Softmax)
    with pytest.raises(ProgramError, match=message):
        dataclasses.replace(operator, **change).infer([Domain.full(16, signed=True, shape=(5, 4))], _proof())


@pytest.mark.parametrize(
    "kind", ["softmax", "exponential", "layer_norm", "rms_norm", "bias_norm", "linear", "relative_shift"]
)
def test_a_scalar_has_no_rows(kind):
    case = CASES[kind][0]
    with pytest.raises(ProgramError, match="expected"):
        case.operator.infer([dataclasses.replace(case.domains[0], shape=())], _proof())


def _norm(channels: int, **changes: Any) -> LayerNorm:
    constants: dict[str, Any] = {
        "multiplier": np.full(channels, 40000),
        "shift": np.full(channels, 25),
        "bias": np.zeros(channels, dtype=np.int64),
        "epsilon": 1,
        "input_bits": 16,
        "zero_point": 0,
        "bits": 8,
        "signed": True,
    }
    return LayerNorm(**(constants | changes))


def test_layer_norm_is_too_deep():
    """N^2 2^30 + eps < 2^62: N = 65535, and 65536 no more."""
    _norm(65535).infer([Domain.full(16, signed=True, shape=(65535,))], _proof())
    with pytest.raises(ProgramError, match="can need 63 bits; expected at most 62"):
        _norm(65536).infer([Domain.full(16, signed=True, shape=(65536,))], _proof())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon": 0}, "expected an epsilon of at least 1"),
        ({"epsilon": 1 << 62}, "expected at most 62"),
        ({"bias": np.full(4, (1 << 63) - 1)}, "the intermediate can reach"),
        ({"multiplier": np.asarray(40000)}, "expected multipliers of 1 axis"),
        ({"multiplier": np.full(3, 40000)}, "expected 3 channels"),
        ({"bias": np.zeros(3, dtype=np.int64)}, "expected 4 channels"),
        ({"input_bits": 8}, "expected an input of 8 bits"),
    ],
)
def test_layer_norm(change, message):
    with pytest.raises(ProgramError, match=message):
        _norm(4, **change).infer([Domain.full(16, signed=True, shape=(2, 4))], _proof())


def test_weights_of_a_mean():
    operator = CASES["weighted_mean"][0].operator
    assert isinstance(operator, WeightedMean)
    values = Domain.full(8, signed=True, shape=(9, 2))
    for bits, signed in ((8, True), (16, False)):
        with pytest.raises(ProgramError, match="expected weights of 8 unsigned bits"):
            operator.infer([Domain.full(bits, signed=signed, shape=(1, 9)), values], _proof())
    with pytest.raises(ProgramError, match="expected a positive multiplier"):
        dataclasses.replace(operator, multiplier=-40000).infer(
            [Domain.full(8, signed=False, shape=(1, 9)), values], _proof()
        )


def test_extent_that_peaks_between_the_ends():
    """Lengths are proved at both ends only, so an extent that is greatest between them is refused as such."""
    longest = 100_000
    peak = Slice(axis=0, start=0, stop=("min", "time", ("+", longest + 1, ("*", "time", -1))), step=1)
    steps = (step(peak, name="s"), step(_product(), "t", "s"))
    turned = step(Transpose(order=(1, 0)), "s", name="t")
    refused(program(steps[0], turned, steps[1], longest=longest), "never shrinks as time grows")
    ramp = dataclasses.replace(peak, stop=("min", "time", 20))
    verify(program(step(ramp, name="s"), turned, steps[1], longest=longest), INT8X16)


def _product() -> MatMul:
    settings = {"left_zero_point": -128, "right_zero_point": -128, "multiplier": 1 << 15, "shift": 40, "zero_point": 0}
    return MatMul(left_bits=8, right_bits=8, bits=8, signed=True, **settings)


def test_accumulator_that_is_handed_on():
    """A result of 24 bits is the accumulator itself: what it could lose to saturation or rounding is refused."""
    handed_on = dataclasses.replace(
        _product(), left_zero_point=0, right_zero_point=0, multiplier=1 << 15, shift=15, bits=24
    )
    depth = ((1 << 23) - 1) // (1 << 14)

    def infer(operator: MatMul, terms: int) -> None:
        operands = [Domain.full(8, signed=True, shape=shape) for shape in ((1, terms), (terms, 1))]
        operator.infer(operands, _proof())

    infer(handed_on, depth)
    with pytest.raises(ProgramError, match="is the accumulator itself"):
        infer(handed_on, depth + 1)
    with pytest.raises(ProgramError, match="is the accumulator itself"):
        infer(dataclasses.replace(handed_on, shift=16), 4)


def test_constant_far_from_zero_in_a_sum():
    """Codes and zero point are subtracted before the product, so that a great multiplier overflows nothing."""
    add = Add(zero_points=(30000,), multipliers=(1 << 51,), shift=47, zero_point=0, bits=8, signed=True)
    codes = np.full((1,), 30000, dtype=np.int16)
    assert add.infer([Domain(bits=16, signed=True, shape=(1,), low=30000, high=30000)], _proof()).shape == (1,)
    assert add.run([codes], {}, IntegerAccumulation()).tolist() == [0]
