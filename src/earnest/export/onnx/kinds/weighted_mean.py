"""Means weighted by exponentials (E20) as ONNX."""

from earnest.export.onnx.arithmetic import (
    add,
    bit_length,
    clamp,
    last_axis_sum,
    multiply,
    power_of_two,
    shift_round_by,
    widen,
)
from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.products import sum_of_products
from earnest.integer.fixed_point import MANTISSA_LOW
from earnest.integer.law.weighted_mean import WeightedMean

_TOTAL_BITS = 32


def translate(graph: Graph, operator: WeightedMean, call: Call) -> str:
    """E20; the quotients' operands are positive, where truncation is the floor."""
    left, right = call.tensors
    sums = widen(graph, sum_of_products(graph, left, right, call, (0, operator.right_zero_point)))
    total = graph.node("Max", last_axis_sum(graph, widen(graph, left)), graph.constant(1))
    digits = add(graph, bit_length(graph, total, _TOTAL_BITS), -1)
    first = graph.node("Div", multiply(graph, power_of_two(graph, digits), operator.multiplier), total)
    short = graph.node("LessOrEqual", first, graph.constant(MANTISSA_LOW - 1))
    digits = graph.node("Add", digits, graph.cast(short, "int64"))
    mantissa = graph.node("Div", multiply(graph, power_of_two(graph, digits), operator.multiplier), total)
    shift = add(graph, digits, operator.shift)
    mean = shift_round_by(graph, graph.node("Mul", sums, mantissa), shift)
    return clamp(graph, add(graph, mean, operator.zero_point), call.result)
