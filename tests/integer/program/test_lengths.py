"""What the verifier looks at once, what at each length, and that neither part vouches for the other."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.integer.cases import CASES
from tests.integer.verifying import INT8, INT8X16, linear, program, refused, step

from earnest.errors import TargetError
from earnest.integer.codes import Domain
from earnest.integer.law.constant import Constant
from earnest.integer.law.operator import Proof
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.program.program import Program, Step
from earnest.integer.program.verifier import verify


class Watched(Reshape):
    """The same codes in the same shape, with a note of every look."""

    looks: list[int | str]

    def check(self, proof: Proof) -> None:
        """Note the look at the constants."""
        super().check(proof)
        self.looks.append("check")

    def propagate(self, inputs: Any, proof: Proof) -> Domain:
        """Note the length."""
        self.looks.append(proof.symbols["time"])
        return super().propagate(inputs, proof)


def lengths(shortest: int, longest: int) -> list[int | str]:
    """What is noted of a program between two lengths."""
    watched = Watched(shape=("time", 2))
    object.__setattr__(watched, "looks", [])
    candidate = program(step(watched))
    verify(_between(candidate, shortest, longest), INT8X16)
    return watched.looks


def _between(candidate: Program, shortest: int, longest: int) -> Program:
    return dataclasses.replace(
        candidate, inputs=(dataclasses.replace(candidate.input, shortest=shortest, longest=longest),)
    )


def test_constants_are_looked_at_once_and_shapes_at_both_ends():
    assert lengths(5, 6000) == ["check", *range(5, 21), *range(5985, 6001)]
    assert lengths(5, 36) == ["check", *range(5, 37)]
    assert lengths(7, 9) == ["check", 7, 8, 9]
    assert lengths(4, 4) == ["check", 4]


@pytest.mark.parametrize("time", [5, 6, 20, 5985, 5999, 6000])
def test_shape_that_does_not_fit_at_one_length(time):
    """One frame more at one length, and none fewer at the next: the extent grows, and fits at all others."""
    before = ("min", ("max", ("+", "time", 1 - time), 0), 1)
    after = ("min", ("max", ("+", "time", -time), 0), 1)
    shape = (("+", "time", before, ("*", -1, after)), 2)
    refused(_between(program(step(Reshape(shape=shape))), 5, 6000), f"elements, got ({time + 1}, 2)")
    verify(_between(program(step(Reshape(shape=shape))), time + 1, time + 16), INT8X16)


BROKEN: dict[str, dict[str, Any]] = {
    "linear": {"zero_point": 1 << 20},
    "conv1d": {"groups": 0},
    "conv2d": {"weight_map": "odd"},
    "embedding": {"zero_point": 1 << 20},
    "lstm": {"sigmoid": np.full(513, -1)},
    "gru": {"output_shift": 0},
    "matmul": {"multiplier": 1},
    "add": {"shift": 48},
    "mul": {"shift": 0},
    "table": {"table": np.zeros(3, dtype=np.int64)},
    "interpolated_table": {"table": np.zeros(512, dtype=np.int64)},
    "glu": {"gate": np.zeros(3, dtype=np.int64)},
    "softmax": {"fine_bits": -1},
    "exponential": {"table": np.zeros(256, dtype=np.int64)},
    "weighted_mean": {"multiplier": -40000},
    "layer_norm": {"epsilon": 1, "shift": np.zeros(1, dtype=np.int64)},
    "rms_norm": {"epsilon": 0},
    "bias_norm": {"offset": np.zeros(1, dtype=np.int64)},
    "group_norm": {"groups": 0},
    "reshape": {"shape": (True,)},
    "slice": {"start": False},
    "constant": {"bits": 24},
}
"""For each kind of operator that looks at its constants, constants that it refuses."""


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_constants_are_refused_before_any_shape(kind):
    """By the operator alone, and in a program whose operands do not fit either."""
    operator = dataclasses.replace(CASES[kind][0].operator, **BROKEN[kind])  # type: ignore[type-var]
    proof = Proof(symbols={"time": 3}, accumulator_bits=32, path="y")
    with pytest.raises(Exception, match="expected") as alone:
        operator.check(proof)
    names = ("input",) * (len(CASES[kind][0].domains) if operator.arity is None else operator.arity)
    refused(program(Step(name="y", operator=operator, inputs=names)), str(alone.value))


def test_every_law_of_constants_has_broken_ones():
    """Who adds a `check` adds what it refuses."""
    own = {kind for kind, cases in CASES.items() if "check" in vars(type(cases[0].operator))}
    assert own <= set(BROKEN)


def test_what_is_no_dimension_is_not_vouched_for_by_an_equal_one():
    good, bad = Slice(axis=0, start=0, stop="time", step=1), Slice(axis=0, start=False, stop="time", step=1)
    verify(program(step(good, name="x"), step(good, "x")), INT8X16)
    refused(program(step(good, name="x"), step(bad, "x")), "expected a dimension, got a truth value")
    one, true = Reshape(shape=("time", 2, 1)), Reshape(shape=("time", 2, True))
    refused(program(step(one, name="x"), step(true, "x")), "expected a dimension, got a truth value")


def test_sums_of_one_operator_that_reads_values_of_several_intervals():
    """Each is proved from its own interval, whichever came first."""
    narrow = Constant(codes=np.asarray([[1, -2]]), bits=8)
    shared = linear([[3, -4]], 5)
    steps = (Step(name="n", operator=narrow, inputs=()), step(shared, name="wide"), step(shared, "n", name="y"))
    for order in (steps, (steps[0], steps[2], steps[1])):
        widest = verify(program(*order), INT8X16).widest
        assert (widest["wide:accumulator"], widest["y:accumulator"]) == (7 * 128 + 5, 7 * 2 + 5)


def test_largest_sums_of_constants_enter_the_overflow_proof():
    """The bias of a layer norm is seen once, before any length, and what it makes is kept to the end."""
    case = CASES["layer_norm"][0]
    features = case.operator.constants()["bias"].shape[0]
    norm = dataclasses.replace(case.operator, bias=np.full(features, 1 << 61))  # type: ignore[type-var]
    proof = Proof(symbols={}, accumulator_bits=32, path="y")
    norm.check(proof)
    found = verify(program(step(norm), bits=case.domains[0].bits, features=features), INT8X16)
    assert found.widest["y:intermediate"] == proof.widest["y:intermediate"] > 1 << 61


class Widening(Reshape):
    """8 bits up to 40 frames, 16 beyond: no operator of the law, but the target must not be asked once only."""

    def propagate(self, inputs: Any, proof: Proof) -> Domain:
        """The operand's shape, in a width that depends on the length."""
        return Domain.full(8 if proof.symbols["time"] <= 40 else 16, signed=True, shape=inputs[0].shape)


def test_target_is_asked_again_where_a_width_changes_with_the_length():
    narrow = dataclasses.replace(
        INT8, operators={"reshape": dataclasses.replace(INT8.operators["reshape"], output=(8,))}
    )
    verify(program(step(Widening(shape=())), longest=40, target="int8"), narrow)
    refused(program(step(Widening(shape=())), longest=41, target="int8"), "the result has 16 bits", TargetError, narrow)
