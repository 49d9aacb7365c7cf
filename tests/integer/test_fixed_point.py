"""The primitives against quotients and roots of unbounded integers."""

from fractions import Fraction
from math import floor, isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integer import oracle
from tests.integer.libraries import LIBRARIES

from earnest.integer.codes import code_range
from earnest.integer.fixed_point import bit_length, clamp, requantize, round_divide, shift_round, square_root

HALF = Fraction(1, 2)


POWERS = [sign * (1 << i) + d for i in range(48) for sign in (-1, 1) for d in range(-2, 3)]


@LIBRARIES
@pytest.mark.parametrize("shift", [1, 2, 3, 15, 16, 31, 46, 47])
def test_shift_round(library, shift):
    values = sorted({*POWERS, *((1 << (shift - 1)) * k + d for k in range(-5, 6) for d in (-1, 0, 1))})
    expected = [floor(Fraction(value, 1 << shift) + HALF) for value in values]
    assert shift_round(library(values), shift).tolist() == expected
    assert [oracle.shift_round(value, shift) for value in values] == expected


def test_ties_go_up():
    assert shift_round(np.asarray([1, -1, 3, -3]), 1).tolist() == [1, 0, 2, -1]


@LIBRARIES
@pytest.mark.parametrize("mantissa", [0, 32768, 32769, 49152, 65535, -32768, -65535])
@pytest.mark.parametrize("shift", [1, 15, 16, 17, 31, 47])
@pytest.mark.parametrize(("bits", "signed", "zero"), [(8, True, -128), (8, False, 255), (16, True, 5), (24, True, 0)])
def test_requantize(library, mantissa, shift, bits, signed, zero):
    values = [value for value in POWERS if abs(value) < 1 << 31] + [(1 << 31) - 1, 1 - (1 << 31)]
    low, high = code_range(bits, signed=signed)
    exact = [floor(Fraction(value * mantissa, 1 << shift) + HALF) + zero for value in values]
    result = requantize(library(values), mantissa, shift, zero, low, high)
    assert result.tolist() == [min(max(value, low), high) for value in exact]


@LIBRARIES
def test_clamp(library):
    assert clamp(library([-129, -128, 0, 127, 128]), -128, 127).tolist() == [-128, -128, 0, 127, 127]


@given(st.integers(-(1 << 70), 1 << 70), st.integers(1, 1 << 40))
def test_round_divide(a, d):
    assert round_divide(a, d) == floor(Fraction(a, d) + HALF)


@pytest.mark.parametrize(("a", "d", "expected"), [(1, 2, 1), (-1, 2, 0), (-3, 2, -1), (-5, 3, -2), (0, 7, 0)])
def test_round_divide_ties(a, d, expected):
    assert round_divide(a, d) == expected


@LIBRARIES
def test_square_root(library):
    squares = {r * r + d for r in [*range(300), *range(65000, 65537)] for d in (-1, 0, 1)}
    powers = {(1 << i) + d for i in range(33) for d in range(-2, 3)}
    values = sorted(value for value in squares | powers if 0 <= value <= 1 << 32)
    assert values[-1] == 1 << 32
    assert square_root(library(values)).tolist() == [isqrt(value) for value in values]
    assert [oracle.root(value) for value in values[:500]] == [isqrt(value) for value in values[:500]]


@LIBRARIES
def test_bit_length(library):
    values = sorted({v for v in POWERS if 0 <= v < 1 << 32} | {(1 << 32) - 1})
    assert bit_length(library(values), 32).tolist() == [value.bit_length() for value in values]
    assert [oracle.digits(value) for value in values] == [value.bit_length() for value in values]
