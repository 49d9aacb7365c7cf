"""Gated linear units (E17) as ONNX."""

from earnest.export.onnx.arithmetic import add, look_up, requantize, widen
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.codes import code_range
from earnest.integer.law.glu import GatedLinearUnit


def translate(graph: Graph, operator: GatedLinearUnit, call: Call) -> str:
    """E17."""
    halves = graph.nodes("Split", call.tensors[0], count=2, axis=operator.axis, num_outputs=2)
    linear, gate = (widen(graph, half) for half in halves)
    low, _ = code_range(operator.input_bits, signed=operator.input_signed)
    factor = look_up(graph, operator.gate, add(graph, gate, -low))
    product = graph.node("Mul", add(graph, linear, -operator.input_zero_point), factor)
    return requantize(graph, product, operator.multiplier, operator.shift, operator.zero_point, call.result)
