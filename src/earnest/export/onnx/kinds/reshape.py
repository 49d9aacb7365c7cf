"""Reshape (E23) as ONNX."""

from earnest.export.onnx.dimension import emit_vector
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.reshape import Reshape


def translate(graph: Graph, operator: Reshape, call: Call) -> str:
    """E23."""
    return graph.node("Reshape", call.tensors[0], emit_vector(graph, operator.shape))
