"""What is proved of a sum: its multipliers, and a total below 2^52."""

import dataclasses

import numpy as np
import pytest
from tests.integer.verifying import INT8X16, new_proof, program, refused, step

from earnest.errors import ProgramError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.codes import Domain
from earnest.integer.law.add import Add
from earnest.integer.program.verifier import verify


@pytest.mark.parametrize(
    "change", [{"multipliers": (32767,)}, {"shift": 0}, {"shift": 48}, {"multipliers": (1 << 52,)}]
)
def test_multiplier_of_a_sum(change):
    add = Add(zero_points=(0,), multipliers=(32768,), shift=15, zero_point=0, bits=8, signed=True)
    with pytest.raises(ProgramError, match="expected"):
        dataclasses.replace(add, **change).infer([Domain.full(8, signed=True, shape=(1,))], new_proof())


def test_sum_below_two_to_the_52():
    """128 * m + 2^14 < 2^52."""
    largest = ((1 << 52) - (1 << 14) - 1) // 128
    add = Add(zero_points=(0,), multipliers=(largest,), shift=15, zero_point=0, bits=8, signed=True)
    verify(program(step(add)), INT8X16)
    refused(program(step(dataclasses.replace(add, multipliers=(largest + 1,)))), "expected below 2^52")


def test_constant_far_from_zero_in_a_sum():
    """Codes and zero point are subtracted before the product, so that a great multiplier overflows nothing."""
    add = Add(zero_points=(30000,), multipliers=(1 << 51,), shift=47, zero_point=0, bits=8, signed=True)
    codes = np.full((1,), 30000, dtype=np.int16)
    assert add.infer([Domain(bits=16, signed=True, shape=(1,), low=30000, high=30000)], new_proof()).shape == (1,)
    assert add.run([codes], {}, IntegerAccumulation()).tolist() == [0]
