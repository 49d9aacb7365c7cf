"""Dimensions: their value, and the refusal of what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.errors import ProgramError
from earnest.integer.dimension import evaluate, freeze

TIME = {"time": 7}


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        (5, 5),
        (-5, -5),
        ("time", 7),
        (("+", "time", 1, 2), 10),
        (("*", "time", -2), -14),
        (("//", "time", 2), 3),
        (("//", ("*", "time", -1), 2), -4),
        (("%", ("*", "time", -1), 4), 1),
        (("//", 100, 7, 3), 4),
        (("max", "time", 9, 3), 9),
        (("min", "time", 9, 3), 3),
        (("+", ("//", ("+", "time", -1), 2), 1), 4),
        (("+", "time"), 7),
        (1 << 40, 1 << 40),
    ],
)
def test_value(dimension, expected):
    assert evaluate(dimension, TIME) == expected


def _nested(depth: int) -> list:
    dimension: list = ["+", 1, 0]
    for _ in range(depth):
        dimension = ["+", dimension, 0]
    return dimension


@pytest.mark.parametrize(
    "dimension",
    [
        "batch",
        "",
        True,
        None,
        1.0,
        (),
        ("+",),
        ("-", 1, 2),
        ("__import__", "os"),
        ({}, 1),
        (["+"], 1),
        [1],
        ("+", 1, None),
        ("+", 1, ("+", 1, False)),
        ("//", "time", 0),
        ("%", "time", ("+", "time", -7)),
        (1 << 40) + 1,
        -(1 << 40) - 1,
        10**5000,
        ("*", *(1 << 40,) * 1000),
        ("+", ("*", 1 << 40, 2), -(1 << 41)),
    ],
    ids=lambda dimension: str(type(dimension)),
)
def test_what_is_no_dimension_is_refused(dimension):
    with pytest.raises(ProgramError, match=r"expected|divides by zero"):
        evaluate(dimension, TIME)


@pytest.mark.parametrize("depth", [40, 300, 5000])
def test_deep_nesting_is_refused(depth):
    with pytest.raises(ProgramError, match="levels deep"):
        freeze(_nested(depth))
    nested: object = 1
    for _ in range(depth):
        nested = ("+", nested, 0)
    with pytest.raises(ProgramError, match="levels deep"):
        evaluate(nested, TIME)  # pyright: ignore[reportArgumentType]


def test_nesting_within_the_limit():
    assert evaluate(freeze(_nested(30)), {}) == 1


_EXPRESSIONS = st.recursive(
    st.integers(-9, 9) | st.just("time"),
    lambda term: st.tuples(st.sampled_from(["+", "*", "max", "min"]), term, term),
    max_leaves=12,
)


@given(_EXPRESSIONS)
def test_json_and_back(dimension):
    assert freeze(json.loads(json.dumps(dimension))) == dimension
    assert evaluate(dimension, TIME) == evaluate(freeze(json.loads(json.dumps(dimension))), TIME)
