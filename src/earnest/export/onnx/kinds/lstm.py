"""LSTM (E29) as ONNX."""

from earnest.export.onnx.arithmetic import clamp, multiply, shift_round
from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.interpolation import interpolate
from earnest.export.onnx.recurrence import ONE_BITS, over_time, parts
from earnest.integer.codes import Domain
from earnest.integer.law.lstm import LongShortTermMemory
from earnest.integer.law.recurrence import ARGUMENT_FRACTION_BITS, Recurrence


def translate(graph: Graph, operator: LongShortTermMemory, call: Call) -> str:
    """E29."""
    return over_time(graph, operator, call, _cell)


def _cell(graph: Graph, operator: Recurrence, x: str, u: str, cell: str, state: Domain) -> tuple[str, str]:
    """c[t] and o tanh(c[t])."""
    i, f, g, o = parts(graph, operator, clamp(graph, graph.node("Add", x, u), state))
    kept = graph.node("Mul", interpolate(graph, operator.sigmoid, f, state), cell)
    new = graph.node("Mul", *(interpolate(graph, *each, state) for each in ((operator.sigmoid, i), (operator.tanh, g))))
    total = graph.node("Add", multiply(graph, kept, 1 << (ONE_BITS - ARGUMENT_FRACTION_BITS)), new)
    cell = clamp(graph, shift_round(graph, total, 2 * ONE_BITS - ARGUMENT_FRACTION_BITS), state)
    bent = interpolate(graph, operator.tanh, cell, state)
    return cell, graph.node("Mul", interpolate(graph, operator.sigmoid, o, state), bent)
