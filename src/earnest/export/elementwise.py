"""Sums and products of grids, tables and the gated linear unit (E13 to E17) as ONNX."""

from functools import reduce

import numpy as np

from earnest.export.arithmetic import add, clamp, floor_divide, look_up, multiply, requantize, shift_round, widen
from earnest.export.graph import Call, Graph
from earnest.integer.add import Add
from earnest.integer.codes import Domain, code_range
from earnest.integer.gated import GatedLinearUnit
from earnest.integer.multiply import Multiply
from earnest.integer.table import FRACTION_BITS, SPACING_BITS, InterpolatedTable, Table


def sum_of_grids(graph: Graph, operator: Add, call: Call) -> str:
    """E13."""
    offset = sum(z * m for z, m in zip(operator.zero_points, operator.multipliers, strict=True))
    terms = [
        multiply(graph, widen(graph, x), multiplier)
        for x, multiplier in zip(call.tensors, operator.multipliers, strict=True)
    ]
    total = add(graph, reduce(lambda a, b: graph.node("Add", a, b), terms), -offset)
    return clamp(graph, add(graph, shift_round(graph, total, operator.shift), operator.zero_point), call.result)


def product_of_grids(graph: Graph, operator: Multiply, call: Call) -> str:
    """E14."""
    left, right = (widen(graph, x) for x in call.tensors)
    left, right = add(graph, left, -operator.left_zero_point), add(graph, right, -operator.right_zero_point)
    product = graph.node("Mul", left, right)
    return requantize(graph, product, operator.multiplier, operator.shift, operator.zero_point, call.result)


def table(graph: Graph, operator: Table, call: Call) -> str:
    """E15."""
    low, _ = code_range(operator.input_bits, signed=operator.input_signed)
    return look_up(graph, operator.table, add(graph, widen(graph, call.tensors[0]), -low))


def interpolated_table(graph: Graph, operator: InterpolatedTable, call: Call) -> str:
    """E16."""
    return interpolate(graph, operator.table, call.tensors[0], call.result)


def interpolate(graph: Graph, table: np.ndarray, codes: str, result: Domain) -> str:
    """E16 by the knots of a table."""
    position = add(graph, widen(graph, codes), 1 << 15)
    spacing = graph.constant(1 << SPACING_BITS)
    index, fraction = floor_divide(graph, position, spacing), graph.node("Mod", position, spacing)
    left, right = look_up(graph, table, index), look_up(graph, table, add(graph, index, 1))
    slope = graph.node("Mul", graph.node("Sub", right, left), fraction)
    value = graph.node("Add", multiply(graph, left, 1 << SPACING_BITS), slope)
    return clamp(graph, shift_round(graph, value, SPACING_BITS + FRACTION_BITS), result)


def gated_linear_unit(graph: Graph, operator: GatedLinearUnit, call: Call) -> str:
    """E17."""
    halves = graph.nodes("Split", call.tensors[0], count=2, axis=operator.axis, num_outputs=2)
    linear, gate = (widen(graph, half) for half in halves)
    low, _ = code_range(operator.input_bits, signed=operator.input_signed)
    factor = look_up(graph, operator.gate, add(graph, gate, -low))
    product = graph.node("Mul", add(graph, linear, -operator.input_zero_point), factor)
    return requantize(graph, product, operator.multiplier, operator.shift, operator.zero_point, call.result)
