"""Weights: their codes times the multipliers of their groups, and the same as codes of 8 bits."""

import numpy as np
import pytest
from tests.integer.verifying import linear

from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.weight import grouped_product

CODES = np.arange(-9, 11).reshape(2, 10) % 7 - 3
MULTIPLIER = np.asarray([[2, 5], [1, 9]])


@pytest.mark.parametrize("shape", [(2, 10), (2, 5, 2)])
def test_a_weight_is_its_code_times_the_multiplier_of_its_group(shape: tuple[int, ...]) -> None:
    """Groups of 8 along the row in the order of the array; the last has fewer."""
    made = grouped_product(CODES.astype(np.int8).reshape(shape), MULTIPLIER, 8)
    assert (made.shape, made.dtype) == (shape, np.int64)
    expected = [[CODES[o, k] * MULTIPLIER[o, k // 8] for k in range(10)] for o in range(2)]
    assert made.reshape(2, 10).tolist() == expected


def test_what_the_engine_runs_has_the_same_weights_and_no_groups() -> None:
    grouped = linear(CODES, weight_bits=3, weight_group=8, group_multiplier=MULTIPLIER)
    plain = grouped.for_engine()
    assert (plain.weight == grouped.factors).all()
    assert (plain.group_multiplier == 1).all()
    x = np.arange(30, dtype=np.int8).reshape(3, 10)
    assert (plain.run([x], {}, IntegerAccumulation()) == grouped.run([x], {}, IntegerAccumulation())).all()
    assert linear(CODES).for_engine().weight_bits == 8
