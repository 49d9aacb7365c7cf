"""Every operator equals the oracle, code for code, in NumPy and in torch, on every case."""

import numpy as np
import pytest
import torch
from tests.integer.case import Case
from tests.integer.cases import CASES
from tests.integer.running import by_numpy, by_oracle, by_torch, codes

from earnest.integer.law.operator import Proof, check_constants

EVERY = [pytest.param(case, id=f"{kind}: {case.name}") for kind, cases in CASES.items() for case in cases]


@pytest.mark.parametrize("case", EVERY)
def test_law_equals_oracle(case: Case):
    expected = by_oracle(case)
    in_numpy, in_torch = by_numpy(case), by_torch(case)
    assert in_numpy.dtype.kind in "iu"
    assert not in_torch.is_floating_point()
    assert codes(in_numpy) == expected
    assert codes(in_torch) == expected


@pytest.mark.parametrize("case", EVERY)
def test_what_is_proved_holds(case: Case):
    """The domain that the verifier infers has the shape and contains the codes of the result."""
    proof = Proof(symbols=case.symbols, accumulator_bits=32, path=case.name)
    check_constants(case.operator, proof)
    domain = case.operator.infer(case.domains, proof)
    result = by_numpy(case)
    assert tuple(result.shape) == domain.shape
    assert domain.low <= result.min() <= result.max() <= domain.high
    if domain.row_sum is not None:
        assert np.abs(result).sum(axis=-1).max() <= domain.row_sum


@pytest.mark.parametrize("case", EVERY)
def test_inputs_and_constants_stay_as_they_are(case: Case):
    before = [array.copy() for array in (*case.inputs, *case.operator.constants().values())]
    by_numpy(case)
    after = [*case.inputs, *case.operator.constants().values()]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_torch_constants_are_tensors():
    """The torch half of the comparison does run on torch."""
    assert all(isinstance(by_torch(cases[0]), torch.Tensor) for cases in CASES.values())
