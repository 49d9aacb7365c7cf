"""Grids against exact rational arithmetic."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.errors import NumericsError
from earnest.numerics.grid import SMALLEST_SCALE, Grid, dequantize, grid_of_range, quantize

reals = st.floats(-1e4, 1e4, allow_nan=False)


widths = st.sampled_from([2, 3, 4, 5, 6, 7, 8, 16])


scales = st.floats(2.0**-30, 2.0**10)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    bits, signed = draw(widths), draw(st.booleans())
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return Grid(bits=bits, signed=signed, scale=draw(scales), zero_point=draw(st.integers(low, high)))


@given(grids(), reals)
def test_a_code_is_the_nearest_one_by_exact_fractions(grid: Grid, real: float) -> None:
    """real / scale is one float64 division: where it is not exact it may cross a tie, and there both codes are near."""
    ratio = Fraction(real) / Fraction(grid.scale)
    low, high = grid.codes
    code = int(quantize(real, grid))
    assert low <= code <= high
    exact = min(max(floor(ratio + Fraction(1, 2)) + grid.zero_point, low), high)
    off = abs(ratio + grid.zero_point - code)
    assert code == exact or (abs(code - exact) == 1 and off <= Fraction(1, 2) + (abs(ratio) + 1) * Fraction(1, 2**52))


@given(grids(), st.data())
def test_every_code_survives_the_way_to_its_real_and_back(grid: Grid, data: st.DataObject) -> None:
    code = data.draw(st.integers(*grid.codes))
    real = dequantize(code, grid)
    assert real == grid.scale * (code - grid.zero_point)
    assert quantize(real, grid) == code


@given(grids())
def test_zero_is_a_code_and_the_ends_are_those_of_the_range(grid: Grid) -> None:
    low, high = grid.range
    assert dequantize(quantize(0.0, grid), grid) == 0
    assert [dequantize(code, grid) for code in grid.codes] == [low, high]
    beyond = 10 * grid.scale
    assert quantize([low - beyond, high + beyond], grid).tolist() == list(grid.codes)


def test_ties_go_up_on_both_sides_of_zero() -> None:
    grid = Grid(bits=8, signed=True, scale=0.25, zero_point=3)
    ties = [-0.375, -0.125, 0.125, 0.375]
    assert quantize(ties, grid).tolist() == [3 - 1, 3 + 0, 3 + 1, 3 + 2]


@given(reals, reals, widths)
def test_an_affine_grid_covers_its_range_to_half_a_code(a: float, b: float, bits: int) -> None:
    """The zero point is rounded, which moves both ends by at most half a code; 2^-40 is the smallest scale."""
    low, high = min(a, b), max(a, b)
    grid = grid_of_range(low, high, bits=bits, symmetric=False)
    assert (grid.bits, grid.signed) == (bits, True)
    slack = grid.scale * (0.5 + 2.0**-30)
    assert grid.range[0] - slack <= min(low, 0.0)
    assert max(high, 0.0) <= grid.range[1] + slack
    width = max(high, 0.0) - min(low, 0.0)
    assert grid.scale == max(width / (2**bits - 1), SMALLEST_SCALE)


@given(reals, reals, widths)
def test_a_symmetric_grid_has_zero_in_the_middle_and_needs_no_lowest_code(a: float, b: float, bits: int) -> None:
    low, high = min(a, b), max(a, b)
    grid = grid_of_range(low, high, bits=bits, symmetric=True)
    limit = 2 ** (bits - 1) - 1
    assert grid.zero_point == 0
    codes = quantize([low, high], grid)
    assert codes.min() >= -limit
    if max(-low, high) > 1e-6:
        assert np.abs(codes).max() == limit


def test_one_sided_ranges_give_all_codes_to_their_side() -> None:
    up = grid_of_range(2.0, 6.0, bits=8, symmetric=False)
    assert (up.zero_point, up.range[0]) == (-128, 0)
    down = grid_of_range(-6.0, -2.0, bits=8, symmetric=False)
    assert (down.zero_point, down.range[1]) == (127, 0)


@pytest.mark.parametrize("symmetric", [True, False])
def test_a_range_of_nothing_but_zero_gets_the_smallest_scale(symmetric: bool) -> None:
    grid = grid_of_range(0.0, 0.0, bits=8, symmetric=symmetric)
    assert grid.scale == SMALLEST_SCALE
    assert dequantize(quantize(0.0, grid), grid) == 0


@pytest.mark.parametrize("ends", [(1.0, -1.0), (float("nan"), 1.0), (0.0, float("inf")), (float("-inf"), 0.0)])
def test_a_range_that_is_none_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(NumericsError, match="finite range"):
        grid_of_range(*ends, bits=8, symmetric=False)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(NumericsError, match="positive finite scale"):
        Grid(bits=8, signed=True, scale=scale, zero_point=0)


@pytest.mark.parametrize(("signed", "zero_point"), [(True, 128), (True, -129), (False, -1), (False, 256)])
def test_a_zero_point_that_is_no_code_is_refused(signed: bool, zero_point: int) -> None:
    with pytest.raises(NumericsError, match="zero point"):
        Grid(bits=8, signed=signed, scale=1.0, zero_point=zero_point)
