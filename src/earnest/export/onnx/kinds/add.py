"""Sums of several grids (E13) as ONNX."""

from functools import reduce

from earnest.export.onnx.arithmetic import add, clamp, multiply, shift_round, widen
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.add import Add


def translate(graph: Graph, operator: Add, call: Call) -> str:
    """E13."""
    offset = sum(z * m for z, m in zip(operator.zero_points, operator.multipliers, strict=True))
    terms = [
        multiply(graph, widen(graph, x), multiplier)
        for x, multiplier in zip(call.tensors, operator.multipliers, strict=True)
    ]
    total = add(graph, reduce(lambda a, b: graph.node("Add", a, b), terms), -offset)
    return clamp(graph, add(graph, shift_round(graph, total, operator.shift), operator.zero_point), call.result)
