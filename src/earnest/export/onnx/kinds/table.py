"""Tables of one code (E15) as ONNX."""

from earnest.export.onnx.arithmetic import add, look_up, widen
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.codes import code_range
from earnest.integer.law.table import Table


def translate(graph: Graph, operator: Table, call: Call) -> str:
    """E15."""
    low, _ = code_range(operator.input_bits, signed=operator.input_signed)
    return look_up(graph, operator.table, add(graph, widen(graph, call.tensors[0]), -low))
