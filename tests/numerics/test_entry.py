"""The entry of a program: features times one over the scale."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from earnest.numerics.entry import entry_multiplier
from earnest.numerics.grid import Grid


@given(st.floats(2.0**-14, 2.0**30))
def test_the_entry_multiplies_by_one_over_the_scale(scale: float) -> None:
    mantissa, shift = entry_multiplier(Grid(bits=8, signed=True, scale=scale, zero_point=0))
    product = Fraction(mantissa, 2**shift) * Fraction(scale)
    assert abs(product - 1) <= Fraction(1, 2**16) + Fraction(1, 2**52)
