"""Pad (E23) as ONNX."""

from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.padding import pad_with
from earnest.integer.law.pad import Pad


def translate(graph: Graph, operator: Pad, call: Call) -> str:
    """E23."""
    return pad_with(graph, call.tensors[0], operator.before, operator.after, operator.zero_point)
