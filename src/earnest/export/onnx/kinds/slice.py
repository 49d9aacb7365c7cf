"""Slice (E23) as ONNX."""

from earnest.export.onnx.dimension import emit, join
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.slice import Slice


def translate(graph: Graph, operator: Slice, call: Call) -> str:
    """E23."""
    ends = [join(graph, [emit(graph, end)]) for end in (operator.start, operator.stop)]
    axes, steps = graph.constant([operator.axis]), graph.constant([operator.step])
    return graph.node("Slice", call.tensors[0], *ends, axes, steps)
