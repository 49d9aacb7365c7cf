"""What is proved of a product of two activations: probabilities by their sum, and an accumulator that is handed on."""

import dataclasses

import pytest
from tests.integer.cases import CASES
from tests.integer.verifying import new_proof, product

from earnest.errors import ProgramError
from earnest.integer.codes import Domain
from earnest.integer.law.matmul import MatMul


def test_probabilities_are_proved_by_their_sum():
    """300 000 keys of up to 32767 would overflow, but their sum is at most 32767 + 150 000."""
    softmax = CASES["softmax"][0].operator
    domain = softmax.infer([Domain.full(16, signed=True, shape=(1, 300_000))], new_proof())
    assert domain.row_sum == 32767 + 150_000
    operator = next(case.operator for case in CASES["matmul"] if case.name == "probabilities")
    values = Domain.full(8, signed=True, shape=(300_000, 1))
    operator.infer([domain, values], new_proof())
    with pytest.raises(ProgramError, match="accumulator can reach"):
        operator.infer([dataclasses.replace(domain, row_sum=None), values], new_proof())
    assert isinstance(operator, MatMul)
    with pytest.raises(ProgramError, match="accumulator can reach"):
        dataclasses.replace(operator, left_zero_point=1).infer([domain, values], new_proof())


def test_accumulator_that_is_handed_on():
    """A result of 24 bits is the accumulator itself: what it could lose to saturation or rounding is refused."""
    handed_on = dataclasses.replace(
        product(), left_zero_point=0, right_zero_point=0, multiplier=1 << 15, shift=15, bits=24
    )
    depth = ((1 << 23) - 1) // (1 << 14)

    def infer(operator: MatMul, terms: int) -> None:
        operands = [Domain.full(8, signed=True, shape=shape) for shape in ((1, terms), (terms, 1))]
        operator.infer(operands, new_proof())

    infer(handed_on, depth)
    with pytest.raises(ProgramError, match="is the accumulator itself"):
        infer(handed_on, depth + 1)
    with pytest.raises(ProgramError, match="is the accumulator itself"):
        infer(dataclasses.replace(handed_on, shift=16), 4)
