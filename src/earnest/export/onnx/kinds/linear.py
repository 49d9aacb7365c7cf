"""Linear layers (E10) as ONNX."""

from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.products import requantized, sum_of_products
from earnest.integer.law.linear import Linear


def translate(graph: Graph, operator: Linear, call: Call) -> str:
    """E10."""
    (x,) = call.tensors
    weight = graph.constant(operator.factors.T, "int8", name="weight")
    sums = sum_of_products(graph, x, weight, call, (0, 0))
    return requantized(graph, operator, sums, (-1,), operator.zero_point, call.result)
