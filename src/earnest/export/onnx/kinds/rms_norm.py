"""RMS norm (E28) as ONNX."""

from earnest.export.onnx import norms
from earnest.export.onnx.arithmetic import add, last_axis_sum, widen
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.rms_norm import RmsNorm


def translate(graph: Graph, operator: RmsNorm, call: Call) -> str:
    """E28: a layer norm of codes from the zero point, whose sum S is not formed."""
    codes = add(graph, widen(graph, call.tensors[0]), -operator.input_zero_point)
    count = graph.constant(operator.multiplier.shape[0])
    squares = graph.node("Mul", last_axis_sum(graph, graph.node("Mul", codes, codes)), count)
    normalised = norms.divide_by_root(graph, graph.node("Mul", codes, count), squares, graph.constant(operator.epsilon))
    return norms.apply_gain_and_bias(graph, operator, operator.zero_point, normalised, call, trailing=0)
