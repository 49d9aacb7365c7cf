"""Group norm (E25) as ONNX."""

from earnest.export.onnx import norms
from earnest.export.onnx.arithmetic import multiply, shift_round, widen
from earnest.export.onnx.dimension import extent
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.group_norm import GroupNorm


def translate(graph: Graph, operator: GroupNorm, call: Call) -> str:
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
    normalised = norms.normalize(graph, rows, count, graph.node("Max", epsilon, graph.constant(1)))
    back = graph.node("Reshape", normalised, graph.node("Shape", x))
    return norms.apply_gain_and_bias(graph, operator, operator.zero_point, back, call, trailing=rank - 2)
