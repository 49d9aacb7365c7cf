"""Figures as words, and names that can play no trick."""

import pytest

from earnest.judge.wording import is_plain, label, line, printable, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (13062368, "13,062,368"),
        (-1234, "-1,234"),
        (4.63529, "4.635"),
        (-0.0213, "-0.0213"),
        (9999.96, "1e+04"),
        (12345.678, "12,345.7"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        ("int8", "int8"),
        ("a\nb\x1b[2J\u202e\ud800", "a\\nb\\x1b[2J\\u202e\\ud800"),
    ],
)
def test_shown(value, text):
    assert shown(value) == text


def test_printable_leaves_what_every_script_writes():
    assert printable("naïve 音声 ☃ 'quoted' \\n") == "naïve 音声 ☃ 'quoted' \\n"


def test_label():
    assert label("file_bytes\x07") == "file bytes\\x07"


@pytest.mark.parametrize(
    ("value", "plain"), [(7, True), ([1, "a", None], True), ([], True), ([[1]], False), ({}, False)]
)
def test_is_plain(value, plain):
    assert is_plain(value) is plain


def test_a_list_of_nine_is_not_plain():
    assert is_plain([0] * 8)
    assert not is_plain([0] * 9)


def test_line():
    assert line([1000, "x", None]) == "1,000, x, -"
    assert line([]) == "none"
    assert line(2) == "2"
