"""Layer norm and RMS norm over the last axis, and group norm over time (E21, E28, E25) as ONNX."""

import numpy as np

from earnest.export.arithmetic import (
    add,
    clamp,
    count_reached,
    last_axis_sum,
    multiply,
    power_of_two,
    shift_round,
    shift_round_by,
    square_root,
    widen,
)
from earnest.export.dimension import extent
from earnest.export.graph import Call, Graph
from earnest.integer.group_norm import GroupNorm
from earnest.integer.layer_norm import LayerNorm
from earnest.integer.norm import Norm
from earnest.integer.rms_norm import RmsNorm


def layer_norm(graph: Graph, operator: LayerNorm, call: Call) -> str:
    """E21."""
    codes = widen(graph, call.tensors[0])
    count = graph.constant(operator.multiplier.shape[0])
    normalised = _normalised(graph, codes, count, graph.constant(operator.epsilon))
    return _weighted(graph, operator, operator.zero_point, normalised, call, trailing=0)


def rms_norm(graph: Graph, operator: RmsNorm, call: Call) -> str:
    """E28: a layer norm of codes from the zero point, whose sum S is not formed."""
    codes = add(graph, widen(graph, call.tensors[0]), -operator.input_zero_point)
    count = graph.constant(operator.multiplier.shape[0])
    squares = graph.node("Mul", last_axis_sum(graph, graph.node("Mul", codes, codes)), count)
    normalised = _scaled(graph, graph.node("Mul", codes, count), squares, graph.constant(operator.epsilon))
    return _weighted(graph, operator, operator.zero_point, normalised, call, trailing=0)


def group_norm(graph: Graph, operator: GroupNorm, call: Call) -> str:
    """E25: the rows of a layer norm are groups of channels with all their positions, so N is asked of the shape."""
    x = call.tensors[0]
    rank = len(call.inputs[0].domain.shape)
    codes = widen(graph, x)
    if operator.pre_shift:
        codes = shift_round(graph, codes, operator.pre_shift)
    rows = graph.node("Reshape", codes, graph.constant([0, operator.groups, -1]))
    count = extent(graph, rows, -1)
    square = graph.node("Mul", count, count)
    epsilon = shift_round(graph, multiply(graph, square, operator.epsilon), operator.epsilon_shift)
    normalised = _normalised(graph, rows, count, graph.node("Max", epsilon, graph.constant(1)))
    back = graph.node("Reshape", normalised, graph.node("Shape", x))
    return _weighted(graph, operator, operator.zero_point, back, call, trailing=rank - 2)


def _normalised(graph: Graph, codes: str, count: str, epsilon: str) -> str:
    """n of E21 over the last axis, of `count` codes."""
    total = last_axis_sum(graph, codes)
    squares = last_axis_sum(graph, graph.node("Mul", codes, codes))
    spread = graph.node("Sub", graph.node("Mul", squares, count), graph.node("Mul", total, total))
    return _scaled(graph, graph.node("Sub", graph.node("Mul", codes, count), total), spread, epsilon)


def _scaled(graph: Graph, centred: str, spread: str, epsilon: str) -> str:
    """n of E21 from D, and V without its eps."""
    root, k = _inverse_root(graph, graph.node("Add", spread, epsilon))
    return shift_round_by(graph, graph.node("Mul", centred, root), add(graph, k, 16))


def _weighted(graph: Graph, operator: Norm, zero_point: int, normalised: str, call: Call, *, trailing: int) -> str:
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
