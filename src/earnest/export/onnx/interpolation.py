"""A table with integer interpolation (E16) as ONNX."""

import numpy as np

from earnest.export.onnx.arithmetic import add, clamp, floor_divide, look_up, multiply, shift_round, widen
from earnest.export.onnx.graph import Graph
from earnest.integer.codes import Domain
from earnest.integer.law.interpolated_table import FRACTION_BITS, SPACING_BITS


def interpolate(graph: Graph, table: np.ndarray, codes: str, result: Domain) -> str:
    """E16 by the knots of a table."""
    position = add(graph, widen(graph, codes), 1 << 15)
    spacing = graph.constant(1 << SPACING_BITS)
    index, fraction = floor_divide(graph, position, spacing), graph.node("Mod", position, spacing)
    left, right = look_up(graph, table, index), look_up(graph, table, add(graph, index, 1))
    slope = graph.node("Mul", graph.node("Sub", right, left), fraction)
    value = graph.node("Add", multiply(graph, left, 1 << SPACING_BITS), slope)
    return clamp(graph, shift_round(graph, value, SPACING_BITS + FRACTION_BITS), result)
