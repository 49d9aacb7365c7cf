"""Concat (E23) as ONNX."""

from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.concat import Concat


def translate(graph: Graph, operator: Concat, call: Call) -> str:
    """E23."""
    return graph.node("Concat", *call.tensors, axis=operator.axis)
