"""The 8-bit form of softmax (E19) as ONNX."""

from earnest.export.onnx.arithmetic import look_up
from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.rows import below_maximum, erase
from earnest.integer.law.exponential import Exponential


def translate(graph: Graph, operator: Exponential, call: Call) -> str:
    """E19."""
    distance, seen = below_maximum(graph, call.tensors[0], operator.masked)
    return erase(graph, look_up(graph, operator.table, distance), seen)
