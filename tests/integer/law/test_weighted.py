"""Bounds of weighted sums, by the codes that reach them."""

import numpy as np
import pytest
from tests.integer.verifying import linear

CODES = [[3, -7, 1], [2, 2, 2]]
MULTIPLIER = np.asarray([[4], [5]])


@pytest.mark.parametrize(("bits", "signed"), [(8, True), (8, False), (4, True)])
def test_no_sum_passes_the_bound_and_the_worst_codes_reach_it(bits: int, signed: bool) -> None:
    operator = linear(CODES, group_multiplier=MULTIPLIER, input_bits=bits, input_signed=signed)
    largest = 2 ** (bits - 1) if signed else 2**bits - 1
    assert operator.magnitudes.tolist() == [44, 30]
    assert operator.bound == 44 * largest
    worst = np.where(operator.factors[0] < 0, -largest, largest)
    assert int((operator.factors[0] * worst).sum()) == 44 * largest


def test_the_bias_enters_with_its_size() -> None:
    operator = linear(CODES, np.asarray([-5, 900]))
    assert operator.largest_sum(10) == 6 * 10 + 900
    assert operator.largest_sum(1000) == 11 * 1000 + 5
