"""Codes: the ends of every width, maps of weights, what holds them, and what is known of a value."""

import numpy as np
import pytest

from earnest.errors import ProgramError
from earnest.integer.codes import CODE_BITS, Domain, code_range, storage, weight_limit


@pytest.mark.parametrize("bits", CODE_BITS)
@pytest.mark.parametrize("signed", [False, True])
def test_ends_of_a_width_and_what_holds_them(bits: int, signed: bool) -> None:
    low, high = code_range(bits, signed=signed)
    assert (high - low + 1, low < 0) == (2**bits, signed)
    holder = np.iinfo(storage(bits, signed=signed))
    assert holder.min <= low <= high <= holder.max
    assert holder.bits in (8, 16, 32)
    assert bits > holder.bits // 2 or holder.bits == 8


def test_largest_weight_codes() -> None:
    assert [weight_limit(bits, "symmetric") for bits in range(2, 9)] == [1, 3, 7, 15, 31, 63, 127]
    assert [weight_limit(bits, "odd") for bits in range(1, 8)] == [1, 3, 7, 15, 31, 63, 127]
    for bits, weight_map in ((1, "symmetric"), (9, "symmetric"), (8, "odd"), (0, "odd"), (4, "log")):
        with pytest.raises(ProgramError, match="expected"):
            weight_limit(bits, weight_map)


def test_what_is_known_of_a_value() -> None:
    domain = Domain(bits=8, signed=True, shape=(2, 3), low=-5, high=100)
    assert (domain.magnitude, domain.centred(0), domain.centred(-28), domain.centred(120)) == (100, 100, 128, 125)
    assert Domain.full(8, signed=True, shape=()).magnitude == 128
    moved = domain.reshaped((6,))
    assert (moved.shape, moved.low, moved.high) == ((6,), -5, 100)


def test_a_bound_of_rows_is_lost_with_the_rows() -> None:
    """Of another shape the last axis is another one."""
    domain = Domain(bits=16, signed=True, shape=(2, 3), low=0, high=32767, row_sum=40000)
    assert domain.reshaped((3, 2)).row_sum is None
