"""Figures in the form that suits them."""

import pytest

from earnest.judge.page.blocks import block


def test_counts_by_bits_are_bars_with_the_colours_of_their_operands():
    found = block("by_bits", {"4x8": 75, "16x8": 25, "odd": 0})
    assert found.form == "bars"
    assert found.total == "100"
    assert [(bar.label, bar.value, bar.share, bar.length, bar.shades) for bar in found.bars] == [
        ("4 × 8", "75", 0.75, 1.0, (4, 8)),
        ("16 × 8", "25", 0.25, 1 / 3, (16, 8)),
        ("odd", "0", 0.0, 0.0, ()),
    ]


def test_weights_by_bits_have_one_colour():
    found = block("weight_bits", {"4": 3, "64": 1})
    assert [(bar.label, bar.shades) for bar in found.bars] == [("4 bits", (4,)), ("64 bits", (32,))]


def test_no_count_is_no_division_by_zero():
    assert [bar.share for bar in block("bytes", {"weights": 0}).bars] == [0.0]


@pytest.mark.parametrize("counts", [{}, {"weights": -1}, {"weights": 1.5}, {"weights": True}, {"weights": {"a": 1}}, 7])
def test_what_is_no_count_is_no_bar(counts):
    assert block("bytes", counts).form != "bars"


def test_records_are_a_table_of_all_that_any_of_them_has():
    found = block("rows", [{"a": 1, "float": True}, {"b": ["x", "y"], "float": False}])
    assert found.form == "table"
    assert found.columns == ("a", "float", "b")
    assert [row.cells for row in found.rows] == [(("1",), ("yes",), ("",)), (("",), ("no",), ("x", "y"))]
    assert [row.real for row in found.rows] == [True, False]


def test_records_by_name_are_a_table_with_their_names():
    found = block("systems", {"float": {"wer": 4.0}, "integer": {"wer": 4.2}})
    assert found.columns == ("", "wer")
    assert [row.cells for row in found.rows] == [(("float",), ("4",)), (("integer",), ("4.2",))]


def test_an_interval_is_one_figure():
    assert block("interval", [-0.02, 0.4]).text == "-0.02 to 0.4"
    assert block("interval", [[1], 2]).form == "parts"


def test_a_long_list_is_whole():
    assert block("anything", list(range(1000, 1020))).text == ", ".join(f"1,{n:03}" for n in range(20))


def test_what_is_too_deep_is_one_text():
    deep = {"innermost": "told"}
    for _ in range(200):
        deep = {"in": deep}
    found, depth = block("deep", deep), 0
    while found.form == "list":
        found, depth = found.entries[0][1], depth + 1
    assert depth == 8
    assert "'innermost': 'told'" in found.text
