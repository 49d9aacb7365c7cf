"""Rows of keys, with a causal mask or without (E18, E19), as ONNX; every row is the last axis."""

from earnest.export.onnx.arithmetic import last_axis_maximum, widen
from earnest.export.onnx.dimension import extent
from earnest.export.onnx.graph import Graph

_BELOW_EVERY_CODE = -(1 << 30)


def below_maximum(graph: Graph, x: str, masked: bool) -> tuple[str, str | None]:
    """max(row) - x >= 0 in int64, and the mask, if there is one; masked keys do not enter the maximum."""
    codes = widen(graph, x)
    if not masked:
        return graph.node("Sub", last_axis_maximum(graph, codes), codes), None
    seen = _causal(graph, x)
    top = last_axis_maximum(graph, graph.node("Where", seen, codes, graph.constant(_BELOW_EVERY_CODE)))
    return graph.node("Where", seen, graph.node("Sub", top, codes), graph.constant(0)), seen


def erase(graph: Graph, numerators: str, seen: str | None) -> str:
    """0 for every key that is not seen."""
    return numerators if seen is None else graph.node("Where", seen, numerators, graph.constant(0))


def _causal(graph: Graph, x: str) -> str:
    """True where key j may be seen by query i: j - i <= keys - queries."""
    queries, keys = extent(graph, x, -2), extent(graph, x, -1)
    zero, one = graph.constant(0), graph.constant(1)
    i = graph.node("Unsqueeze", graph.node("Range", zero, queries, one), graph.constant([1]))
    j = graph.node("Range", zero, keys, one)
    return graph.node("LessOrEqual", graph.node("Sub", j, i), graph.node("Sub", keys, queries))
