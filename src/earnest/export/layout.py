"""Layout (E22 to E24) as ONNX: operators that move codes and change none."""

import numpy as np

from earnest.export.arithmetic import add, multiply
from earnest.export.dimension import emit, emit_vector, extent, join
from earnest.export.graph import Call, Graph, carrier
from earnest.integer.layout import Concat, Constant, Pad, Reshape, Slice, Transpose
from earnest.integer.relative_shift import RelativeShift


def reshape(graph: Graph, operator: Reshape, call: Call) -> str:
    """E23."""
    return graph.node("Reshape", call.tensors[0], emit_vector(graph, operator.shape))


def transpose(graph: Graph, operator: Transpose, call: Call) -> str:
    """E23."""
    return graph.node("Transpose", call.tensors[0], perm=tuple(operator.order))


def slice_(graph: Graph, operator: Slice, call: Call) -> str:
    """E23."""
    ends = [join(graph, [emit(graph, end)]) for end in (operator.start, operator.stop)]
    axes, steps = graph.constant([operator.axis]), graph.constant([operator.step])
    return graph.node("Slice", call.tensors[0], *ends, axes, steps)


def pad(graph: Graph, operator: Pad, call: Call) -> str:
    """E23."""
    return pad_with(graph, call.tensors[0], operator.before, operator.after, operator.zero_point)


def concat(graph: Graph, operator: Concat, call: Call) -> str:
    """E23."""
    return graph.node("Concat", *call.tensors, axis=operator.axis)


def constant(graph: Graph, operator: Constant, call: Call) -> str:
    """E24."""
    return graph.constant(operator.codes, carrier(call.result), name="codes")


def relative_shift(graph: Graph, operator: RelativeShift, call: Call) -> str:
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


def pad_with(graph: Graph, tensor: str, before: tuple[int, ...], after: tuple[int, ...], value: int) -> str:
    """`value` before and after each axis."""
    if not any((*before, *after)):
        return tensor
    amounts = graph.constant([*before, *after])
    return graph.node("Pad", tensor, amounts, graph.constant(value, graph.type_of(tensor)), mode="constant")
