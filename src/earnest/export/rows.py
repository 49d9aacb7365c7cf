"""Softmax, its 8-bit numerators and layer norm (E18, E19, E21) as ONNX; every row is the last axis."""

import numpy as np

from earnest.export.arithmetic import (
    add,
    clamp,
    count_reached,
    floor_divide,
    last_axis_maximum,
    last_axis_sum,
    look_up,
    multiply,
    power_of_two,
    shift_round,
    shift_round_by,
    square_root,
    widen,
)
from earnest.export.dimension import extent
from earnest.export.graph import Call, Graph
from earnest.integer.layer_norm import LayerNorm
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


def layer_norm(graph: Graph, operator: LayerNorm, call: Call) -> str:
    """E21."""
    codes, count = widen(graph, call.tensors[0]), operator.multiplier.shape[0]
    total = last_axis_sum(graph, codes)
    squares = last_axis_sum(graph, graph.node("Mul", codes, codes))
    spread = graph.node("Sub", multiply(graph, squares, count), graph.node("Mul", total, total))
    root, k = _inverse_root(graph, add(graph, spread, operator.epsilon))
    centred = graph.node("Sub", multiply(graph, codes, count), total)
    normalised = shift_round_by(graph, graph.node("Mul", centred, root), add(graph, k, 16))
    weighted = graph.node("Mul", normalised, graph.constant(operator.multiplier.astype(np.int64), name="multiplier"))
    biased = graph.node("Add", weighted, graph.constant(operator.bias, name="bias"))
    return clamp(graph, add(graph, shift_round(graph, biased, operator.shift), operator.zero_point), call.result)


def _inverse_root(graph: Graph, variance: str) -> tuple[str, str]:
    """r and k with 1 / sqrt(V) about r 2^-(31 + k), for 1 <= V < 2^62: k is the number of the bounds 2^2, 2^4, .. 2^60
    that V reaches, less 15, so that it is 0 from 2^30 to 2^32.
    """
    bounds = np.int64(1) << np.arange(2, 62, 2, dtype=np.int64)
    k = add(graph, count_reached(graph, variance, graph.constant(bounds, name="bounds")), -15)
    zero = graph.constant(0)
    down, up = graph.node("Max", k, zero), graph.node("Max", multiply(graph, k, -1), zero)
    v = graph.node("Div", variance, power_of_two(graph, multiply(graph, down, 2)))
    v = graph.node("Mul", v, power_of_two(graph, multiply(graph, up, 2)))
    return square_root(graph, graph.node("Div", graph.constant(1 << 62), v)), k


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
