"""Fixed point in ONNX integer operators (E1 to E6): what `integer/fixed_point.py` says, as nodes.

ONNX divides toward zero and has no arithmetic shift: floor(a / d) is (a - Mod(a, d)) / d, whose Mod floors. Powers of
two that depend on data are looked up; roots and digits are found by value, by counting the thresholds reached.
"""

import numpy as np

from earnest.export.onnx.graph import Graph
from earnest.integer.codes import Domain, code_range

LARGEST_POWER = 62
_ROOT_DIGIT_BITS, _ROOT_DIGITS = 6, 3


def widen(graph: Graph, tensor: str) -> str:
    """The same integers as int64."""
    return graph.cast(tensor, "int64")


def add(graph: Graph, tensor: str, number: int) -> str:
    """tensor + number, in the tensor's type."""
    return tensor if number == 0 else graph.node("Add", tensor, graph.constant(number, graph.type_of(tensor)))


def multiply(graph: Graph, tensor: str, number: int) -> str:
    """tensor * number, in the tensor's type."""
    return tensor if number == 1 else graph.node("Mul", tensor, graph.constant(number, graph.type_of(tensor)))


def floor_divide(graph: Graph, numerator: str, denominator: str) -> str:
    """floor(numerator / denominator), both int64."""
    remainder = graph.node("Mod", numerator, denominator)
    return graph.node("Div", graph.node("Sub", numerator, remainder), denominator)


def shift_round(graph: Graph, value: str, shift: int | np.ndarray) -> str:
    """E1, the shift constant: one number, or an array that broadcasts."""
    shift = np.asarray(shift).astype(np.int64)
    rounded = graph.node("Add", value, graph.constant(np.int64(1) << (shift - 1)))
    return floor_divide(graph, rounded, graph.constant(np.int64(1) << shift))


def shift_round_by(graph: Graph, value: str, shift: str) -> str:
    """E1, the shift a tensor, 1 to 62."""
    rounded = graph.node("Add", value, power_of_two(graph, add(graph, shift, -1)))
    return floor_divide(graph, rounded, power_of_two(graph, shift))


def power_of_two(graph: Graph, exponent: str) -> str:
    """2^exponent as int64, 0 <= exponent <= 62."""
    powers = graph.constant(np.int64(1) << np.arange(LARGEST_POWER + 1, dtype=np.int64), name="powers")
    return graph.node("Gather", powers, exponent, axis=0)


def clamp(graph: Graph, value: str, result: Domain) -> str:
    """E2: saturation to the codes of the result's width."""
    low, high = code_range(result.bits, signed=result.signed)
    bounded = graph.node("Max", value, graph.constant(low, graph.type_of(value)))
    return graph.node("Min", bounded, graph.constant(high, graph.type_of(value)))


def requantize(
    graph: Graph,
    accumulator: str,
    multiplier: int | np.ndarray,
    shift: int | np.ndarray,
    zero_point: int,
    result: Domain,
) -> str:
    """E3: clamp(zero_point + shift_round(accumulator * multiplier, shift))."""
    product = graph.node("Mul", widen(graph, accumulator), graph.constant(np.asarray(multiplier).astype(np.int64)))
    return clamp(graph, add(graph, shift_round(graph, product, shift), zero_point), result)


def look_up(graph: Graph, table: np.ndarray, index: str) -> str:
    """table[index] in int64; the index counts from 0."""
    return graph.node("Gather", graph.constant(table.astype(np.int64), name="table"), index, axis=0)


def last_axis_sum(graph: Graph, tensor: str) -> str:
    """The sum over the last axis, which stays as an extent of 1."""
    return graph.node("ReduceSum", tensor, graph.constant([-1]), keepdims=1)


def last_axis_maximum(graph: Graph, tensor: str) -> str:
    """The maximum over the last axis, which stays as an extent of 1."""
    return graph.node("ReduceMax", tensor, graph.constant([-1]), keepdims=1)


def count_reached(graph: Graph, value: str, thresholds: str) -> str:
    """How many thresholds lie at or below the value, whose last extent is 1; the thresholds lie along the last axis."""
    return last_axis_sum(graph, graph.cast(graph.node("GreaterOrEqual", value, thresholds), "int64"))


def bit_length(graph: Graph, value: str, bits: int) -> str:
    """E6: the number of binary digits, for 0 <= value < 2^bits; the last extent is 1."""
    return count_reached(graph, value, graph.constant(np.int64(1) << np.arange(bits, dtype=np.int64), name="powers"))


def square_root(graph: Graph, value: str) -> str:
    """E5: the largest r with r^2 <= value, for 0 <= value <= 2^32, by digits to the base 64; the last extent is 1."""
    root = graph.constant(0)
    for position in reversed(range(_ROOT_DIGITS)):
        unit = 1 << (_ROOT_DIGIT_BITS * position)
        digits = graph.constant(np.arange(1, 1 << _ROOT_DIGIT_BITS, dtype=np.int64) * unit, name="digits")
        candidates = graph.node("Add", root, digits)
        digit = count_reached(graph, value, graph.node("Mul", candidates, candidates))
        root = graph.node("Add", root, multiply(graph, digit, unit))
    return root
