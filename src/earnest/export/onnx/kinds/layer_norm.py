"""Layer norm (E21) as ONNX."""

from earnest.export.onnx import norms
from earnest.export.onnx.arithmetic import widen
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.law.layer_norm import LayerNorm


def translate(graph: Graph, operator: LayerNorm, call: Call) -> str:
    """E21."""
    codes = widen(graph, call.tensors[0])
    count = graph.constant(operator.multiplier.shape[0])
    normalised = norms.normalize(graph, codes, count, graph.constant(operator.epsilon))
    return norms.apply_gain_and_bias(graph, operator, operator.zero_point, normalised, call, trailing=0)
