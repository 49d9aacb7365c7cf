"""Sizes that torch writes in sympy have the same value as dimensions of the law, or are refused."""

import pytest
import sympy
from torch.utils._sympy.functions import FloorDiv, Max, Min, Mod

from earnest.errors import CaptureError
from earnest.integer.dimension import evaluate
from earnest.swapping.trace.dimensions import _convert, dimension_of

S, T = sympy.symbols("s0 s1", integer=True, positive=True)
NAMES = {"s0": "batch", "s1": "time"}


@pytest.mark.parametrize(
    ("size", "value"),
    [
        (sympy.Integer(7), lambda b, t: 7),
        (2 * T + 3, lambda b, t: 2 * t + 3),
        (S * T - 1, lambda b, t: b * t - 1),
        (FloorDiv(T - 1, 2) + 1, lambda b, t: (t - 1) // 2 + 1),
        (Mod(T, 3), lambda b, t: t % 3),
        (Max(T, 5), lambda b, t: max(t, 5)),
        (Min(T, 2 * S), lambda b, t: min(t, 2 * b)),
        (T**3, lambda b, t: t**3),
    ],
    ids=lambda each: "" if callable(each) else str(each),
)
def test_a_size_has_the_same_value(size, value):
    dimension = _convert(size, NAMES)
    for batch, time in ((1, 1), (2, 9), (3, 16)):
        assert evaluate(dimension, {"batch": batch, "time": time}) == value(batch, time)


def test_an_integer_is_itself():
    assert dimension_of(12, NAMES) == 12


def test_terms_stand_in_the_order_of_their_text():
    """sympy's own order may differ between runs, and the file with it."""
    assert _convert(T + S, NAMES) == _convert(S + T, NAMES) == ("+", "batch", "time")


@pytest.mark.parametrize(
    ("size", "message"),
    [(sympy.Symbol("u7"), "depends on u7"), (sympy.sqrt(T), "computed by Pow"), (T**5, "computed by Pow")],
    ids=str,
)
def test_other_sizes_are_refused(size, message):
    with pytest.raises(CaptureError, match=message):
        _convert(size, NAMES)
