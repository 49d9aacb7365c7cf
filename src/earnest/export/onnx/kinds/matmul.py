"""Products of matrices (E12) as ONNX."""

from earnest.export.onnx.arithmetic import requantize
from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.products import sum_of_products
from earnest.integer.law.matmul import MatMul


def translate(graph: Graph, operator: MatMul, call: Call) -> str:
    """E12."""
    left, right = call.tensors
    sums = sum_of_products(graph, left, right, call, (operator.left_zero_point, operator.right_zero_point))
    return requantize(graph, sums, operator.multiplier, operator.shift, operator.zero_point, call.result)
