"""Convolutions over any number of axes (E11) as ONNX."""

import numpy as np

from earnest.export.onnx.arithmetic import add, multiply
from earnest.export.onnx.dimension import extent, join
from earnest.export.onnx.graph import Call, Graph
from earnest.export.onnx.padding import pad_with
from earnest.export.onnx.products import is_narrow, requantized, sum_type
from earnest.integer.law.convolution import Convolution


def convolution(graph: Graph, operator: Convolution, call: Call) -> str:
    """The input is padded with its zero point, and the bias holds the zero point's share."""
    (x,) = call.tensors
    amounts = (0, 0, *operator.padding)
    padded = pad_with(graph, x, amounts, amounts, operator.input_zero_point)
    if is_narrow(graph, call, padded):
        weight = graph.constant(operator.factors, "int8", name="weight")
        sums = graph.node(
            "ConvInteger",
            padded,
            weight,
            strides=tuple(operator.strides),
            dilations=tuple(operator.dilations),
            group=operator.groups,
        )
    else:
        sums = _convolve_by_matmul(graph, operator, padded, call)
    shape = (-1, *(1,) * operator.rank)
    return requantized(graph, operator, sums, shape, operator.zero_point, call.result)


def _convolve_by_matmul(graph: Graph, operator: Convolution, padded: str, call: Call) -> str:
    """E8 as one matrix product per group: windows are gathered axis by axis, each axis giving (positions, taps)."""
    out, taps, rank = operator.weight.shape[0], operator.weight.shape[2:], operator.rank
    dtype, groups = sum_type(call), operator.groups
    batch = graph.node("Shape", padded, end=1)
    windows = graph.cast(padded, dtype)
    positions = []
    for axis, (stride, dilation, size) in enumerate(zip(operator.strides, operator.dilations, taps, strict=True)):
        count = _positions(graph, extent(graph, padded, axis + 2), stride, dilation * (size - 1) + 1)
        positions.append(count)
        starts = multiply(graph, graph.node("Range", graph.constant(0), count, graph.constant(1)), stride)
        column = graph.node("Unsqueeze", starts, graph.constant([1]))
        index = graph.node("Add", column, graph.constant(np.arange(size, dtype=np.int64) * dilation))
        windows = graph.node("Gather", windows, index, axis=2 + 2 * axis)
    order = (0, *range(2, 2 + 2 * rank, 2), 1, *range(3, 3 + 2 * rank, 2))
    columns = graph.node("Transpose", windows, perm=order)
    split = join(graph, [batch, graph.constant(-1), graph.constant(groups), graph.constant(operator.weight[0].size)])
    columns = graph.node("Transpose", graph.node("Reshape", columns, split), perm=(0, 2, 1, 3))
    filters = operator.factors.reshape(groups, out // groups, -1).transpose(0, 2, 1)
    weight = graph.cast(graph.constant(filters, "int8", name="weight"), dtype)
    sums = graph.node("Transpose", graph.node("MatMul", columns, weight), perm=(0, 1, 3, 2))
    return graph.node("Reshape", sums, join(graph, [batch, graph.constant(out), *positions]))


def _positions(graph: Graph, size: str, stride: int, reach: int) -> str:
    """(size - reach) // stride + 1 for size >= reach."""
    return add(graph, graph.node("Div", add(graph, size, -reach), graph.constant(stride)), 1)
