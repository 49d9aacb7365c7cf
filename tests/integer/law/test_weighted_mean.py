"""What is proved of a weighted mean: unsigned weights of 8 bits and a positive multiplier."""

import dataclasses

import pytest
from tests.integer.cases import CASES
from tests.integer.verifying import new_proof

from earnest.errors import ProgramError
from earnest.integer.codes import Domain
from earnest.integer.law.weighted_mean import WeightedMean


def test_weights_of_a_mean():
    operator = CASES["weighted_mean"][0].operator
    assert isinstance(operator, WeightedMean)
    values = Domain.full(8, signed=True, shape=(9, 2))
    for bits, signed in ((8, True), (16, False)):
        with pytest.raises(ProgramError, match="expected weights of 8 unsigned bits"):
            operator.infer([Domain.full(bits, signed=signed, shape=(1, 9)), values], new_proof())
    with pytest.raises(ProgramError, match="expected a positive multiplier"):
        dataclasses.replace(operator, multiplier=-40000).infer(
            [Domain.full(8, signed=False, shape=(1, 9)), values], new_proof()
        )
