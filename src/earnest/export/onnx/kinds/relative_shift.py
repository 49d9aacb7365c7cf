"""The relative shift (E22) as ONNX."""

import numpy as np

from earnest.export.onnx.arithmetic import add, multiply
from earnest.export.onnx.dimension import extent, join
from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.padding import pad_with
from earnest.integer.law.relative_shift import RelativeShift


def translate(graph: Graph, operator: RelativeShift, call: Call) -> str:
    """E22: a column in front makes the rows 2 T long, so that cut into rows of T and less the first T they begin where
    they should; the identity needs no case of its own for T = 1.
    """
    del operator
    (x,) = call.tensors
    rank = len(call.result.shape)
    before = (*(0,) * (rank - 1), 1)
    padded = pad_with(graph, x, before, (0,) * rank, 0)
    length = extent(graph, x, -2)
    outer = [graph.node("Shape", x, end=-2)] if rank > 2 else []
    double = multiply(graph, length, 2)
    narrow = graph.node("Reshape", padded, join(graph, [*outer, double, length]))
    first, last, step = (graph.constant([number]) for number in (1, np.iinfo(np.int64).max, 1))
    without = graph.node("Slice", narrow, first, last, graph.constant([-2]), step)
    wide = graph.node("Reshape", without, join(graph, [*outer, length, add(graph, double, -1)]))
    stop = join(graph, [length])
    return graph.node("Slice", wide, graph.constant([0]), stop, graph.constant([-1]), step)
