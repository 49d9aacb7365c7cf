"""What is proved of a recurrence: its constants, and sums over every hidden state; and what its equations entail."""

from dataclasses import replace

import numpy as np
import pytest
from tests.integer.cases import CASES
from tests.integer.cases_recurrent import SIGMOID
from tests.integer.recurrences import recurrence

from earnest.errors import ProgramError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.codes import Domain
from earnest.integer.law.gru import GatedRecurrentUnit
from earnest.integer.law.lstm import LongShortTermMemory
from earnest.integer.law.operator import Proof
from earnest.integer.law.recurrence import Recurrence

KINDS = (LongShortTermMemory, GatedRecurrentUnit)


def new_proof(bits: int = 32) -> Proof:
    return Proof(symbols={}, accumulator_bits=bits, path="y")


def _operand(operator: Recurrence, bits: int = 16) -> Domain:
    return Domain.full(bits, signed=True, shape=(1, 7, len(operator.weight)))


@pytest.mark.parametrize("kind", KINDS)
def test_sums_are_proved_for_every_hidden_state(kind):
    """127 * 128 * units + 300, whatever is known of the operand."""
    operator = recurrence(kind, 4)
    known = replace(_operand(operator), low=0, high=0)
    proof = new_proof()
    operator.infer([known], proof)
    assert proof.widest["y:accumulator"] == 127 * 128 * 4 + 300
    with pytest.raises(ProgramError, match="the accumulator can reach 65324"):
        operator.infer([known], new_proof(16))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": np.full((8, 3), 1, dtype=np.int8)}, "square gates"),
        ({"weight": np.full(8, 1, dtype=np.int8)}, "square gates"),
        ({"sigmoid": np.where(np.arange(513) == 99, -1, SIGMOID)}, "expected a sigmoid of 0 or more, got -1"),
        ({"sigmoid": SIGMOID[1:]}, "expected 513 entries of sigmoid"),
        ({"tanh": np.zeros((1, 513), dtype=np.int64)}, "expected 513 entries of tanh"),
        ({"output_multiplier": 100}, "expected multipliers 0 or 32768"),
        ({"output_shift": 48}, "expected shifts in 1 .. 47"),
        ({"multiplier": np.full(1, 40000)}, "expected multipliers and shifts of shape"),
        ({"bias": np.zeros(1, dtype=np.int64)}, "biases"),
        ({"weight_group": 1}, "expected groups of 8 weights or more"),
        ({"zero_point": 128}, "expected a zero point in -128 .. 127"),
    ],
)
def test_constants(kind, change, message):
    with pytest.raises(ProgramError, match=message):
        replace(recurrence(kind), **change).check(new_proof())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": (7, 8)}, "expected an input of"),
        ({"shape": (1, 7, 5)}, "expected an input of"),
        ({"bits": 8}, "expected an input of 16 signed bits, got 8"),
        ({"signed": False}, "expected an input of 16 signed bits"),
    ],
)
def test_operand(kind, change, message):
    operator = recurrence(kind)
    with pytest.raises(ProgramError, match=message):
        operator.infer([replace(_operand(operator), **change)], new_proof())


@pytest.mark.parametrize("kind", KINDS)
def test_backward_is_forward_of_the_mirrored_input(kind):
    for case in CASES[kind.kind]:
        mirrored = replace(case.operator, reverse=not case.operator.reverse)
        forth = case.operator.run(case.inputs, {}, IntegerAccumulation())
        back = mirrored.run([case.inputs[0][:, ::-1]], {}, IntegerAccumulation())
        np.testing.assert_array_equal(forth, back[:, ::-1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_depends_on_no_later_one(kind):
    case = next(case for case in CASES[kind.kind] if case.name == "random")
    (x,), whole = case.inputs, case.operator.run(case.inputs, {}, IntegerAccumulation())
    part = case.operator.run([x[:, :11]], {}, IntegerAccumulation())
    np.testing.assert_array_equal(part, whole[:, :11])
    assert (case.operator.run([x[:, 12:]], {}, IntegerAccumulation()) != whole[:, 12:]).any()
