"""What every operator is checked by: the widths of sums, the law of multipliers, and rows that must be there."""

import dataclasses

import pytest
from tests.integer.cases import CASES
from tests.integer.verifying import new_proof

from earnest.errors import ProgramError


def test_a_wide_accumulator_must_leave_room_for_its_multiplier():
    with pytest.raises(ProgramError, match="intermediate can reach"):
        new_proof(64).accumulator(1 << 47)
    assert new_proof(64).accumulator((1 << 47) - (1 << 30) - 1)


@pytest.mark.parametrize("bits", [16, 24, 32, 64])
def test_accumulator_width_of_the_target(bits):
    largest = min((1 << (bits - 1)) - 1, ((1 << 63) - (1 << 46) - 1) >> 16)
    assert new_proof(bits).accumulator(largest) == largest
    with pytest.raises(ProgramError, match="can reach"):
        new_proof(bits).accumulator(largest + 1)


@pytest.mark.parametrize(
    ("multiplier", "shift"), [(32767, 15), (65536, 15), (-32767, 15), (1, 1), (40000, 0), (40000, 48)]
)
@pytest.mark.parametrize("kind", ["matmul", "mul", "glu", "weighted_mean"])
def test_multiplier_of_one_pair(kind, multiplier, shift):
    case = CASES[kind][0]
    operator = dataclasses.replace(case.operator, multiplier=multiplier, shift=shift)  # type: ignore[call-arg]
    with pytest.raises(ProgramError, match=r"expected (multipliers 0 or|shifts in)"):
        operator.infer(case.domains, new_proof())


@pytest.mark.parametrize(
    "kind", ["softmax", "exponential", "layer_norm", "rms_norm", "bias_norm", "linear", "relative_shift"]
)
def test_a_scalar_has_no_rows(kind):
    case = CASES[kind][0]
    with pytest.raises(ProgramError, match="expected"):
        case.operator.infer([dataclasses.replace(case.domains[0], shape=())], new_proof())
