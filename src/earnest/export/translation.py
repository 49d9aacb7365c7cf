"""One translation for every operator of the law, by kind."""

from collections.abc import Callable

from earnest.errors import ProgramError
from earnest.export import elementwise, layout, norms, products, recurrences, rows
from earnest.export.graph import Call, Graph, Value, carrier
from earnest.integer.operator import Operator

TRANSLATIONS: dict[str, Callable[..., str]] = {
    "linear": products.linear,
    "conv1d": products.convolution,
    "conv2d": products.convolution,
    "embedding": products.embedding,
    "lstm": recurrences.lstm,
    "gru": recurrences.gru,
    "matmul": products.matmul,
    "add": elementwise.sum_of_grids,
    "mul": elementwise.product_of_grids,
    "table": elementwise.table,
    "interpolated_table": elementwise.interpolated_table,
    "glu": elementwise.gated_linear_unit,
    "softmax": rows.softmax,
    "exponential": rows.exponential,
    "weighted_mean": products.weighted_mean,
    "layer_norm": norms.layer_norm,
    "rms_norm": norms.rms_norm,
    "group_norm": norms.group_norm,
    "relative_shift": layout.relative_shift,
    "reshape": layout.reshape,
    "transpose": layout.transpose,
    "slice": layout.slice_,
    "pad": layout.pad,
    "concat": layout.concat,
    "constant": layout.constant,
}
"""Nodes of a graph for (graph, operator, call); the tensor that holds the result, in any integer type that does."""


def translate(graph: Graph, operator: Operator, call: Call) -> Value:
    """The result of one operator in the type in which its codes travel."""
    if operator.kind not in TRANSLATIONS:
        raise ProgramError(f"{graph.path}: {operator.kind}: expected an operator of {sorted(TRANSLATIONS)}")
    tensor = TRANSLATIONS[operator.kind](graph, operator, call)
    return Value(tensor=graph.cast(tensor, carrier(call.result)), domain=call.result)
