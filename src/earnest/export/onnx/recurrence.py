"""Recurrences (E29, E30) as ONNX: a Scan over time, whose states are the hidden codes and what is carried."""

from collections.abc import Callable

from earnest.export.onnx.arithmetic import requantize, widen
from earnest.export.onnx.dimension import join
from earnest.export.onnx.graph import Call, Graph, carrier
from earnest.export.onnx.products import requantized, sum_of_products
from earnest.integer.codes import Domain
from earnest.integer.law.recurrence import STATE_BITS, Recurrence

Advance = Callable[[Graph, Recurrence, str, str, str, Domain], tuple[str, str]]
"""What is carried and what comes of it, from the operator, its operand and its sums at a step, and what was carried."""

ONE_BITS = 15
_TIME = 1


def over_time(graph: Graph, operator: Recurrence, call: Call, advance: Advance) -> str:
    """Step after step from a hidden state of real 0 and nothing carried."""
    (x,) = call.tensors
    rows, units = operator.weight.shape
    held = carrier(call.result)
    body = Graph(path=f"{graph.path}/step")
    hidden, carried = (
        body.input(f"{body.path}/hidden", held, (None, units)),
        body.input(f"{body.path}/carried", "int64", (None, units)),
    )
    sequence = body.input(f"{body.path}/x", graph.type_of(x), (None, rows))
    state = Domain.full(STATE_BITS, signed=True, shape=(1, rows))
    weight = body.constant(operator.factors.T, "int8", name="weight")
    sums = sum_of_products(body, hidden, weight, call, (0, 0))
    u = requantized(body, operator, sums, (-1,), 0, state)
    carried, value = advance(body, operator, widen(body, sequence), u, carried, state)
    settings = (operator.output_multiplier, operator.output_shift, operator.zero_point)
    made = requantize(body, value, *settings, call.result)
    body.output(f"{body.path}/new_hidden", made, held, 2)
    body.output(f"{body.path}/new_carried", carried, "int64", 2)
    body.output(f"{body.path}/result", made, held, 2)
    shape = join(graph, [graph.node("Shape", x, end=1), graph.constant(units)])
    first = [graph.constant(operator.zero_point, held), graph.constant(0)]
    states = [graph.node("Expand", number, shape) for number in first]
    return graph.scan(body, states, x, axis=_TIME, reverse=operator.reverse)


def parts(graph: Graph, operator: Recurrence, rows: str) -> tuple[str, ...]:
    """The gates of [batch, gates * units]."""
    return graph.nodes("Split", rows, count=operator.gates, axis=1, num_outputs=operator.gates)
