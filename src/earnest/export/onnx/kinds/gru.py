"""GRU (E30) as ONNX."""

from earnest.export.onnx.arithmetic import add, clamp, multiply, shift_round
from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.interpolation import interpolate
from earnest.export.onnx.recurrence import ONE_BITS, over_time, parts
from earnest.integer.codes import Domain
from earnest.integer.law.gru import GatedRecurrentUnit
from earnest.integer.law.recurrence import Recurrence


def translate(graph: Graph, operator: GatedRecurrentUnit, call: Call) -> str:
    """E30."""
    return over_time(graph, operator, call, _mean)


def _mean(graph: Graph, operator: Recurrence, x: str, u: str, before: str, state: Domain) -> tuple[str, str]:
    """H[t], twice."""
    (x_r, x_z, x_n), (u_r, u_z, u_n) = parts(graph, operator, x), parts(graph, operator, u)

    def argument(left: str, right: str) -> str:
        return clamp(graph, graph.node("Add", left, right), state)

    r, z = (interpolate(graph, operator.sigmoid, argument(*each), state) for each in ((x_r, u_r), (x_z, u_z)))
    remembered = shift_round(graph, graph.node("Mul", r, u_n), ONE_BITS)
    n = interpolate(graph, operator.tanh, argument(x_n, remembered), state)
    rest = add(graph, multiply(graph, z, -1), 1 << ONE_BITS)
    total = graph.node("Add", graph.node("Mul", rest, n), graph.node("Mul", z, before))
    made = shift_round(graph, total, ONE_BITS)
    return made, made
