"""Differences are found at their deepest place."""

from typing import Any

import pytest

from earnest.judge.difference import Difference, differences, settled

CASES: list[tuple[Any, Any, list[tuple[str, str, str]]]] = [
    ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, []),
    ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, [("x.a[1].b", "2", "3")]),
    ({"a": 1}, {"b": 1}, [("x.a", "1", "null"), ("x.b", "null", "1")]),
    ([1, 2], [1], [("x", "[1, 2]", "[1]")]),
    (1, True, [("x", "1", "true")]),
    (1, 1.0, [("x", "1", "1.0")]),
    ({"a": {}}, {"a": []}, [("x.a", "{}", "[]")]),
]


@pytest.mark.parametrize(("expected", "came", "found"), CASES)
def test_differences(expected: Any, came: Any, found: list[tuple[str, str, str]]):
    assert differences("x", expected, came) == [Difference(what=w, expected=e, came=c) for w, e, c in found]


def test_times_are_left_out_of_figures_and_nothing_else_is():
    figures = {"seconds": 1.5, "replay_seconds": 2, "seconds_of_audio": 3, "deep": [{"seconds": 1, "codes": 4}]}
    given = {"level": "H4", "seconds": 9, "sections": {"replay": {"rules": {"seconds": {}}, "figures": figures}}}
    assert settled(given) == {
        "level": "H4",
        "seconds": 9,
        "sections": {"replay": {"rules": {"seconds": {}}, "figures": {"seconds_of_audio": 3, "deep": [{"codes": 4}]}}},
    }
    assert figures["seconds"] == 1.5
