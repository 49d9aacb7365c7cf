"""Multipliers: legal, and within 2^-16 of the real number, by exact fractions."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.errors import NumericsError
from earnest.integer.law.add import SUM_BITS
from earnest.integer.law.operator import Proof, check_multiplier
from earnest.numerics.multiplier import LARGEST, SMALLEST, multiplier, multipliers, sum_multipliers

BOUND = Fraction(1, 2**16)
magnitudes = st.floats(SMALLEST, LARGEST)


def error(real: float, mantissa: int, shift: int) -> Fraction:
    """Relative error of a multiplier."""
    return abs(Fraction(mantissa, 2**shift) / Fraction(real) - 1)


@given(magnitudes, st.sampled_from([-1, 1]))
def test_the_relative_error_is_at_most_one_in_65536(magnitude: float, sign: int) -> None:
    """|m - x 2^s| <= 1/2 and |x| 2^s >= 2^15."""
    mantissa, shift = multiplier(sign * magnitude)
    assert 2**15 <= abs(mantissa) < 2**16
    assert 1 <= shift <= 47
    assert error(sign * magnitude, mantissa, shift) <= BOUND


def test_the_bound_is_reached_and_thus_tight() -> None:
    """Half way between 32768 and 32769: the worst of all numbers."""
    worst = 32768.5 / 2**20
    assert error(worst, *multiplier(worst)) == Fraction(1, 2 * 32768 + 1)
    assert error(worst, *multiplier(worst)) > BOUND * Fraction(65535, 65536)


@pytest.mark.parametrize("exponent", range(-31, 15))
def test_powers_of_two_are_exact(exponent: int) -> None:
    mantissa, shift = multiplier(2.0**exponent)
    assert (mantissa, Fraction(mantissa, 2**shift)) == (2**15, Fraction(2) ** exponent)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_mantissa_that_rounds_to_65536_becomes_32768(sign: int) -> None:
    assert multiplier(sign * 65535.75 / 2**20) == (sign * 32768, 19)
    assert multiplier(sign * 65535.5 / 2**20) == (sign * 32768, 19)
    assert multiplier(sign * 65535.25 / 2**20) == (sign * 65535, 20)


def test_both_ends_of_the_range() -> None:
    assert multiplier(LARGEST) == (65535, 1)
    assert multiplier(SMALLEST) == (32768, 47)
    assert multiplier(0.0) == (0, 1)


@pytest.mark.parametrize(
    "real",
    [32768.0, 32767.75, -40000.0, 1e300, SMALLEST * (1 - 2**-15), -SMALLEST / 2, 5e-324],
)
def test_what_has_no_multiplier_is_refused(real: float) -> None:
    """32767.75 would round up to a mantissa of 65536 at shift 1."""
    with pytest.raises(NumericsError, match="expected multipliers of"):
        multiplier(real)


@pytest.mark.parametrize("real", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_refused(real: float) -> None:
    with pytest.raises(NumericsError, match="finite"):
        multiplier(real)


def test_an_array_is_its_elements() -> None:
    array = np.array([0.0, 1.0, -3e-5, 0.1, 65535.75 / 2**20, 12345.6])
    mantissa, shift = multipliers(array)
    assert list(zip(mantissa.tolist(), shift.tolist(), strict=True)) == [multiplier(float(x)) for x in array]
    check_multiplier(mantissa, shift, Proof(symbols={}, accumulator_bits=32), channels=6)
    with pytest.raises(NumericsError):
        multipliers(np.array([1.0, 1e-12]))


def check_sum(reals: Sequence[float], sizes: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """The laws of a sum's multipliers, each by exact fractions."""
    mantissas, shift = sum_multipliers(reals, sizes)
    assert 1 <= shift <= 47
    kept = [abs(m) for m in mantissas if m]
    assert all(m >= 2**15 for m in kept)
    assert sum(abs(m) * size for m, size in zip(mantissas, sizes, strict=True)) + 2 ** (shift - 1) < 2**SUM_BITS
    for real, mantissa, size in zip(reals, mantissas, sizes, strict=True):
        if mantissa:
            assert error(real, mantissa, shift) <= BOUND
        else:
            assert abs(Fraction(real)) * size < Fraction(1, 2), "a term that can move a code by a half was dropped"
    return mantissas, shift


codes = st.sampled_from([1, 7, 127, 255, 32767, 65535, 2**23])


@given(st.lists(st.tuples(st.floats(1e-3, 100.0), st.sampled_from([-1, 1]), codes), min_size=1, max_size=4))
def test_terms_of_a_sum_share_a_shift_and_keep_their_ratio(terms: list[tuple[float, int, int]]) -> None:
    """Ratios up to 10^5 of 24-bit codes at most: 2^17 2^16 2^23 passes 2^52, so that a refusal is legal only there."""
    reals, sizes = [sign * real for real, sign, _ in terms], [size for *_, size in terms]
    smallest = min(map(abs, reals))
    needed = sum(abs(real) / smallest * 2**16 * size for real, size in zip(reals, sizes, strict=True))
    try:
        mantissas, shift = check_sum(reals, sizes)
    except NumericsError:
        assert needed + 2**46 >= 2**SUM_BITS
        return
    if needed + 2**46 < 2**SUM_BITS:
        assert all(mantissas), "a term that fits was dropped"
        _, own = multiplier(smallest)
        assert shift == own, "the smallest term has 16 bits, neither more nor fewer"


def test_the_larger_term_is_as_wide_as_the_ratio_needs() -> None:
    mantissas, shift = check_sum([1.0, 3.0 * 2**10], [255, 255])
    assert (mantissas, shift) == ((2**15, 3 * 2**25), 15)


def test_no_terms_but_zeros() -> None:
    assert sum_multipliers([0.0, 0.0], [255, 255]) == ((0, 0), 1)
    assert sum_multipliers([0.0, 1.0], [255, 255]) == ((0, 2**15), 15)


@pytest.mark.parametrize("tiny", [2.0**-30, 2.0**-31, 2.0**-40, -(2.0**-40), 1e-300])
def test_a_term_far_below_half_a_code_is_zero_and_the_other_stays_exact(tiny: float) -> None:
    """Below 2^-32 there is no multiplier at all; above, the sum would pass 2^52."""
    mantissas, shift = check_sum([1.0, tiny], [2**15, 2**15])
    assert mantissas[1] == 0
    assert Fraction(mantissas[0], 2**shift) == 1


def test_terms_that_differ_too_much_for_one_sum_are_refused() -> None:
    with pytest.raises(NumericsError, match="differ too much"):
        sum_multipliers([30000.0, 2.0**-15], [2**15, 2**15])


def test_a_sum_that_no_shift_holds_is_refused() -> None:
    with pytest.raises(NumericsError, match="no common shift"):
        sum_multipliers([32000.0] * 8, [2**40] * 8)
