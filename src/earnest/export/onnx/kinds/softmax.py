"""Softmax (E18) as ONNX."""

from earnest.export.onnx.arithmetic import floor_divide, last_axis_sum, look_up, shift_round
from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.rows import below_maximum, erase
from earnest.integer.law.over_keys import ONE
from earnest.integer.law.softmax import Softmax


def translate(graph: Graph, operator: Softmax, call: Call) -> str:
    """E18; the quotient's operands are positive, where truncation is the floor."""
    distance, seen = below_maximum(graph, call.tensors[0], operator.masked)
    if operator.fine_bits:
        spacing = graph.constant(1 << operator.fine_bits)
        coarse = look_up(graph, operator.coarse, floor_divide(graph, distance, spacing))
        fine = look_up(graph, operator.fine, graph.node("Mod", distance, spacing))
        numerators = shift_round(graph, graph.node("Mul", coarse, fine), 15)
    else:
        numerators = look_up(graph, operator.coarse, distance)
    numerators = erase(graph, numerators, seen)
    reciprocal = graph.node("Div", graph.constant(ONE << 31), last_axis_sum(graph, numerators))
    return shift_round(graph, graph.node("Mul", numerators, reciprocal), 31)
