"""LSTM and GRU (E29, E30) as ONNX: a Scan over time, whose states are the hidden codes and what is carried."""

from collections.abc import Callable

from earnest.export.arithmetic import add, clamp, multiply, requantize, shift_round, widen
from earnest.export.dimension import join
from earnest.export.elementwise import interpolate
from earnest.export.graph import Call, Graph, carrier
from earnest.export.products import requantized, sum_of_products
from earnest.integer.codes import Domain
from earnest.integer.recurrence import (
    ARGUMENT_FRACTION_BITS,
    STATE_BITS,
    GatedRecurrentUnit,
    LongShortTermMemory,
    Recurrence,
)

Advance = Callable[[Graph, Recurrence, str, str, str, Domain], tuple[str, str]]

_ONE_BITS = 15
_TIME = 1


def lstm(graph: Graph, operator: LongShortTermMemory, call: Call) -> str:
    """E29."""
    return _over_time(graph, operator, call, _cell)


def gru(graph: Graph, operator: GatedRecurrentUnit, call: Call) -> str:
    """E30."""
    return _over_time(graph, operator, call, _mean)


def _over_time(graph: Graph, operator: Recurrence, call: Call, advance: Advance) -> str:
    """Step after step from a hidden state of real 0 and nothing carried."""
    (x,) = call.tensors
    rows, units = operator.weight.shape
    held = carrier(call.result)
    body = Graph(path=f"{graph.path}/step")
    hidden, carried = (
        body.input(f"{body.path}/hidden", held, (None, units)),
        body.input(f"{body.path}/carried", "int64", (None, units)),
    )
    heard = body.input(f"{body.path}/x", graph.type_of(x), (None, rows))
    state = Domain.full(STATE_BITS, signed=True, shape=(1, rows))
    weight = body.constant(operator.factors.T, "int8", name="weight")
    sums = sum_of_products(body, hidden, weight, call, (0, 0))
    u = requantized(body, operator, sums, (-1,), 0, state)
    carried, value = advance(body, operator, widen(body, heard), u, carried, state)
    settings = (operator.output_multiplier, operator.output_shift, operator.zero_point)
    made = requantize(body, value, *settings, call.result)
    body.output(f"{body.path}/new_hidden", made, held, 2)
    body.output(f"{body.path}/new_carried", carried, "int64", 2)
    body.output(f"{body.path}/result", made, held, 2)
    shape = join(graph, [graph.node("Shape", x, end=1), graph.constant(units)])
    first = [graph.constant(operator.zero_point, held), graph.constant(0)]
    states = [graph.node("Expand", number, shape) for number in first]
    return graph.scan(body, states, x, axis=_TIME, reverse=operator.reverse)


def _cell(graph: Graph, operator: Recurrence, x: str, u: str, cell: str, state: Domain) -> tuple[str, str]:
    """c[t] and o tanh(c[t])."""
    i, f, g, o = _parts(graph, operator, clamp(graph, graph.node("Add", x, u), state))
    kept = graph.node("Mul", interpolate(graph, operator.sigmoid, f, state), cell)
    new = graph.node("Mul", *(interpolate(graph, *each, state) for each in ((operator.sigmoid, i), (operator.tanh, g))))
    total = graph.node("Add", multiply(graph, kept, 1 << (_ONE_BITS - ARGUMENT_FRACTION_BITS)), new)
    cell = clamp(graph, shift_round(graph, total, 2 * _ONE_BITS - ARGUMENT_FRACTION_BITS), state)
    bent = interpolate(graph, operator.tanh, cell, state)
    return cell, graph.node("Mul", interpolate(graph, operator.sigmoid, o, state), bent)


def _mean(graph: Graph, operator: Recurrence, x: str, u: str, before: str, state: Domain) -> tuple[str, str]:
    """H[t], twice."""
    (x_r, x_z, x_n), (u_r, u_z, u_n) = _parts(graph, operator, x), _parts(graph, operator, u)

    def argument(left: str, right: str) -> str:
        return clamp(graph, graph.node("Add", left, right), state)

    r, z = (interpolate(graph, operator.sigmoid, argument(*each), state) for each in ((x_r, u_r), (x_z, u_z)))
    remembered = shift_round(graph, graph.node("Mul", r, u_n), _ONE_BITS)
    n = interpolate(graph, operator.tanh, argument(x_n, remembered), state)
    rest = add(graph, multiply(graph, z, -1), 1 << _ONE_BITS)
    total = graph.node("Add", graph.node("Mul", rest, n), graph.node("Mul", z, before))
    made = shift_round(graph, total, _ONE_BITS)
    return made, made


def _parts(graph: Graph, operator: Recurrence, rows: str) -> tuple[str, ...]:
    """The gates of [batch, gates * units]."""
    return graph.nodes("Split", rows, count=operator.gates, axis=1, num_outputs=operator.gates)
