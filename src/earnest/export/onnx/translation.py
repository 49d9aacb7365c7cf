"""One translation for every operator of the law: `translate` of the module of its name in `kinds/`."""

from collections.abc import Callable

from earnest.errors import ProgramError
from earnest.export.by_kind import by_kind
from earnest.export.onnx import kinds
from earnest.export.onnx.graph import Call, Graph, Value, carrier
from earnest.integer.law.operator import Operator

TRANSLATIONS: dict[str, Callable[..., str]] = by_kind(kinds, "translate")
"""Nodes of a graph for (graph, operator, call); the tensor that holds the result, in any integer type that does."""


def translate(graph: Graph, operator: Operator, call: Call) -> Value:
    """The result of one operator in the type in which its codes travel."""
    if operator.kind not in TRANSLATIONS:
        raise ProgramError(f"{graph.path}: {operator.kind}: expected an operator of {sorted(TRANSLATIONS)}")
    tensor = TRANSLATIONS[operator.kind](graph, operator, call)
    return Value(tensor=graph.cast(tensor, carrier(call.result)), domain=call.result)
