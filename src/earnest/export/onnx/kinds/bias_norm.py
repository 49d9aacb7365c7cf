"""BiasNorm (E31) as ONNX."""

import numpy as np

from earnest.export.onnx import norms
from earnest.export.onnx.arithmetic import add, last_axis_sum, multiply, widen
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.bias_norm import BiasNorm


def translate(graph: Graph, operator: BiasNorm, call: Call) -> str:
    """E31: the sum of squares is that of codes from the offsets, what is divided by the root counts from the zero
    point.
    """
    codes = widen(graph, call.tensors[0])
    count = operator.multiplier.shape[0]
    around = graph.node("Sub", codes, graph.constant(np.asarray(operator.offset).astype(np.int64), name="offset"))
    squares = multiply(graph, last_axis_sum(graph, graph.node("Mul", around, around)), count)
    deviation = multiply(graph, add(graph, codes, -operator.input_zero_point), count)
    normalised = norms.divide_by_root(graph, deviation, squares, graph.constant(operator.epsilon))
    return norms.apply_gain_and_bias(graph, operator, operator.zero_point, normalised, call, trailing=0)
