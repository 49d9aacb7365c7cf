"""What norms have in common (E21, E25, E28) as ONNX: the root over the last axis, gain and bias of each channel."""

import numpy as np

from earnest.export.onnx.arithmetic import (
    add,
    clamp,
    count_reached,
    last_axis_sum,
    multiply,
    power_of_two,
    shift_round,
    shift_round_by,
    square_root,
)
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.norm import Norm


def normalize(graph: Graph, codes: str, count: str, epsilon: str) -> str:
    """n of E21 over the last axis, of `count` codes."""
    total = last_axis_sum(graph, codes)
    squares = last_axis_sum(graph, graph.node("Mul", codes, codes))
    spread = graph.node("Sub", graph.node("Mul", squares, count), graph.node("Mul", total, total))
    return divide_by_root(graph, graph.node("Sub", graph.node("Mul", codes, count), total), spread, epsilon)


def divide_by_root(graph: Graph, centred: str, spread: str, epsilon: str) -> str:
    """n of E21 from D, and V without its eps."""
    root, k = _inverse_root(graph, graph.node("Add", spread, epsilon))
    return shift_round_by(graph, graph.node("Mul", centred, root), add(graph, k, 16))


def apply_gain_and_bias(
    graph: Graph, operator: Norm, zero_point: int, normalised: str, call: Call, *, trailing: int
) -> str:
    """Gain and bias of each channel, which `trailing` axes follow."""
    shape = (-1, *(1,) * trailing)
    multiplier, bias, shift = (
        np.asarray(each).astype(np.int64).reshape(shape)
        for each in (operator.multiplier, operator.bias, operator.shift)
    )
    weighted = graph.node("Mul", normalised, graph.constant(multiplier, name="multiplier"))
    biased = graph.node("Add", weighted, graph.constant(bias, name="bias"))
    return clamp(graph, add(graph, shift_round(graph, biased, shift), zero_point), call.result)


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
