"""Embeddings (E26) as ONNX."""

from earnest.export.onnx.arithmetic import add, clamp, look_up, shift_round_by, widen
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.embedding import Embedding


def translate(graph: Graph, operator: Embedding, call: Call) -> str:
    """E26: the row of a token, its multiplier and its shift."""
    tokens = widen(graph, call.tensors[0])
    rows = widen(graph, graph.node("Gather", graph.constant(operator.factors, "int8", name="weight"), tokens, axis=0))
    single = graph.node("Unsqueeze", tokens, graph.constant([-1]))
    multiplier, shift = (look_up(graph, array, single) for array in (operator.multiplier, operator.shift))
    rounded = shift_round_by(graph, graph.node("Mul", rows, multiplier), shift)
    return clamp(graph, add(graph, rounded, operator.zero_point), call.result)
