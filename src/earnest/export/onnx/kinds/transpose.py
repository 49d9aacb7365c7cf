"""Transpose (E23) as ONNX."""

from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.transpose import Transpose


def translate(graph: Graph, operator: Transpose, call: Call) -> str:
    """E23."""
    return graph.node("Transpose", call.tensors[0], perm=tuple(operator.order))
