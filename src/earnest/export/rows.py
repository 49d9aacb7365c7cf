"""Softmax and its 8-bit numerators (E18, E19) as ONNX; every row is the last axis."""

from earnest.export.arithmetic import (
    floor_divide,
    last_axis_maximum,
    last_axis_sum,
    look_up,
    shift_round,
    widen,
)
from earnest.export.dimension import extent
from earnest.export.graph import Call, Graph
from earnest.integer.softmax import ONE, Exponential, Softmax

_BELOW_EVERY_CODE = -(1 << 30)


def softmax(graph: Graph, operator: Softmax, call: Call) -> str:
    """E18; the quotient's operands are positive, where truncation is the floor."""
    distance, seen = _below_maximum(graph, call.tensors[0], operator.masked)
    if operator.fine_bits:
        spacing = graph.constant(1 << operator.fine_bits)
        coarse = look_up(graph, operator.coarse, floor_divide(graph, distance, spacing))
        fine = look_up(graph, operator.fine, graph.node("Mod", distance, spacing))
        numerators = shift_round(graph, graph.node("Mul", coarse, fine), 15)
    else:
        numerators = look_up(graph, operator.coarse, distance)
    numerators = _erase(graph, numerators, seen)
    reciprocal = graph.node("Div", graph.constant(ONE << 31), last_axis_sum(graph, numerators))
    return shift_round(graph, graph.node("Mul", numerators, reciprocal), 31)


def exponential(graph: Graph, operator: Exponential, call: Call) -> str:
    """E19."""
    distance, seen = _below_maximum(graph, call.tensors[0], operator.masked)
    return _erase(graph, look_up(graph, operator.table, distance), seen)


def _below_maximum(graph: Graph, x: str, masked: bool) -> tuple[str, str | None]:
    """max(row) - x >= 0 in int64, and the mask, if there is one; masked keys do not enter the maximum."""
    codes = widen(graph, x)
    if not masked:
        return graph.node("Sub", last_axis_maximum(graph, codes), codes), None
    seen = _causal(graph, x)
    top = last_axis_maximum(graph, graph.node("Where", seen, codes, graph.constant(_BELOW_EVERY_CODE)))
    return graph.node("Where", seen, graph.node("Sub", top, codes), graph.constant(0)), seen


def _causal(graph: Graph, x: str) -> str:
    """True where key j may be seen by query i: j - i <= keys - queries."""
    queries, keys = extent(graph, x, -2), extent(graph, x, -1)
    zero, one = graph.constant(0), graph.constant(1)
    i = graph.node("Unsqueeze", graph.node("Range", zero, queries, one), graph.constant([1]))
    j = graph.node("Range", zero, keys, one)
    return graph.node("LessOrEqual", graph.node("Sub", j, i), graph.node("Sub", keys, queries))


def _erase(graph: Graph, numerators: str, seen: str | None) -> str:
    return numerators if seen is None else graph.node("Where", seen, numerators, graph.constant(0))
