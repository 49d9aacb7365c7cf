"""Interpolated tables (E16) as ONNX."""

from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.interpolation import interpolate
from earnest.integer.law.interpolated_table import InterpolatedTable


def translate(graph: Graph, operator: InterpolatedTable, call: Call) -> str:
    """E16."""
    return interpolate(graph, operator.table, call.tensors[0], call.result)
