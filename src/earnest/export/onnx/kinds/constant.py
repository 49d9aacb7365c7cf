"""Constants (E24) as ONNX."""

from earnest.export.onnx.graph import Call, Graph, carrier
from earnest.integer.law.constant import Constant


def translate(graph: Graph, operator: Constant, call: Call) -> str:
    """E24."""
    return graph.constant(operator.codes, carrier(call.result), name="codes")
