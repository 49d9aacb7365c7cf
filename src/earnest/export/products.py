"""Sums of products (E10, E11, E12, E20) as ONNX: of 8-bit operands by MatMulInteger and ConvInteger, of wider ones in
int32, or in int64 where the accumulator is not proved to fit int32.

A sum that fits int32 is right in int32 whatever its partial sums do, since int32 wraps. On processors without VNNI the
8-bit products of onnxruntime can saturate inside; then `products` must be "int32".
"""

import numpy as np

from earnest.export.arithmetic import (
    add,
    bit_length,
    clamp,
    last_axis_sum,
    look_up,
    multiply,
    power_of_two,
    requantize,
    shift_round_by,
    widen,
)
from earnest.export.dimension import extent, join
from earnest.export.graph import Call, Graph
from earnest.export.layout import pad_with
from earnest.integer.codes import Domain
from earnest.integer.convolution import Convolution
from earnest.integer.embedding import Embedding
from earnest.integer.fixed_point import MANTISSA_LOW
from earnest.integer.linear import Linear, WeightedSums
from earnest.integer.matmul import MatMul
from earnest.integer.softmax import WeightedMean

PRODUCTS = ("int8", "int32")
"""How 8-bit operands are multiplied: MatMulInteger and ConvInteger, or as int32."""

_EIGHT_BITS = ("int8", "uint8")
_TOTAL_BITS = 32


def linear(graph: Graph, operator: Linear, call: Call) -> str:
    """E10."""
    (x,) = call.tensors
    weight = graph.constant(operator.factors.T, "int8", name="weight")
    sums = sum_of_products(graph, x, weight, call, (0, 0))
    return requantized(graph, operator, sums, (-1,), operator.zero_point, call.result)


def convolution(graph: Graph, operator: Convolution, call: Call) -> str:
    """E11; the input is padded with its zero point, and the bias holds the zero point's share."""
    (x,) = call.tensors
    amounts = (0, 0, *operator.padding)
    padded = pad_with(graph, x, amounts, amounts, operator.input_zero_point)
    if _narrow(graph, call, padded):
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


def embedding(graph: Graph, operator: Embedding, call: Call) -> str:
    """E26: the row of a token, its multiplier and its shift."""
    tokens = widen(graph, call.tensors[0])
    rows = widen(graph, graph.node("Gather", graph.constant(operator.factors, "int8", name="weight"), tokens, axis=0))
    single = graph.node("Unsqueeze", tokens, graph.constant([-1]))
    multiplier, shift = (look_up(graph, array, single) for array in (operator.multiplier, operator.shift))
    rounded = shift_round_by(graph, graph.node("Mul", rows, multiplier), shift)
    return clamp(graph, add(graph, rounded, operator.zero_point), call.result)


def matmul(graph: Graph, operator: MatMul, call: Call) -> str:
    """E12."""
    left, right = call.tensors
    sums = sum_of_products(graph, left, right, call, (operator.left_zero_point, operator.right_zero_point))
    return requantize(graph, sums, operator.multiplier, operator.shift, operator.zero_point, call.result)


def weighted_mean(graph: Graph, operator: WeightedMean, call: Call) -> str:
    """E20; the quotients' operands are positive, where truncation is the floor."""
    left, right = call.tensors
    sums = widen(graph, sum_of_products(graph, left, right, call, (0, operator.right_zero_point)))
    total = graph.node("Max", last_axis_sum(graph, widen(graph, left)), graph.constant(1))
    digits = add(graph, bit_length(graph, total, _TOTAL_BITS), -1)
    first = graph.node("Div", multiply(graph, power_of_two(graph, digits), operator.multiplier), total)
    short = graph.node("LessOrEqual", first, graph.constant(MANTISSA_LOW - 1))
    digits = graph.node("Add", digits, graph.cast(short, "int64"))
    mantissa = graph.node("Div", multiply(graph, power_of_two(graph, digits), operator.multiplier), total)
    shift = add(graph, digits, operator.shift)
    mean = shift_round_by(graph, graph.node("Mul", sums, mantissa), shift)
    return clamp(graph, add(graph, mean, operator.zero_point), call.result)


def _narrow(graph: Graph, call: Call, *tensors: str) -> bool:
    """Whether 8-bit products are asked for and can hold these operands and their sums."""
    held = all(graph.type_of(tensor) in _EIGHT_BITS for tensor in tensors)
    return call.products == "int8" and held and _sum_type(call) == "int32"


def _sum_type(call: Call) -> str:
    return "int32" if call.accumulator < 1 << 31 else "int64"


def sum_of_products(graph: Graph, left: str, right: str, call: Call, zero_points: tuple[int, int]) -> str:
    """E7 of the operands less their zero points."""
    operands = (left, right)
    if _narrow(graph, call, left, right):
        zeros = [graph.constant(z, graph.type_of(x)) for x, z in zip(operands, zero_points, strict=True)]
        return graph.node("MatMulInteger", left, right, *(zeros if any(zero_points) else []))
    dtype = _sum_type(call)
    centred = [add(graph, graph.cast(x, dtype), -z) for x, z in zip(operands, zero_points, strict=True)]
    return graph.node("MatMul", *centred)


def requantized(
    graph: Graph, operator: WeightedSums, sums: str, shape: tuple[int, ...], zero_point: int, result: Domain
) -> str:
    """Bias and requantization; `shape` lays the channels along their axis, counted from the last."""
    bias = graph.constant(operator.bias.reshape(shape), graph.type_of(sums), name="bias")
    multiplier, shift = operator.multiplier.reshape(shape), operator.shift.reshape(shape)
    return requantize(graph, graph.node("Add", sums, bias), multiplier, shift, zero_point, result)


def _convolve_by_matmul(graph: Graph, operator: Convolution, padded: str, call: Call) -> str:
    """E8 as one matrix product per group: windows are gathered axis by axis, each axis giving (positions, taps)."""
    out, taps, rank = operator.weight.shape[0], operator.weight.shape[2:], operator.rank
    dtype, groups = _sum_type(call), operator.groups
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
