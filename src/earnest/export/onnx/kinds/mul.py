"""Products of two grids (E14) as ONNX."""

from earnest.export.onnx.arithmetic import add, requantize, widen
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.mul import Multiply


def translate(graph: Graph, operator: Multiply, call: Call) -> str:
    """E14."""
    left, right = (widen(graph, x) for x in call.tensors)
    left, right = add(graph, left, -operator.left_zero_point), add(graph, right, -operator.right_zero_point)
    product = graph.node("Mul", left, right)
    return requantize(graph, product, operator.multiplier, operator.shift, operator.zero_point, call.result)
