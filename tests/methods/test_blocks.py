"""Blocks cover the graph, and know what goes in and out of them."""

from tests.methods.stacked import stacked

from earnest.integer.program.program import INPUT
from earnest.methods.blocks import blocks, fixed


def test_blocks_are_the_numbered_parts_and_what_lies_between():
    parts = blocks(stacked(4))
    assert [part.name for part in parts] == ["begin", "layers.0", "layers.1", "head"]
    assert [part.reads for part in parts] == [(INPUT, "table"), ("begin",), ("layers.0.norm",), ("layers.1.norm",)]
    assert [part.makes for part in parts] == [("begin",), ("layers.0.norm",), ("layers.1.norm",), ("head",)]


def test_every_call_is_in_one_block_or_fixed():
    model = stacked(4)
    apart = fixed(model)
    assert [call.name for call in apart] == ["table"]
    inside = [call for part in blocks(model) for call in part.calls]
    assert [call for call in model.calls if call not in apart] == inside
