"""Sums of products (E10, E11, E12, E20) as ONNX: of 8-bit operands by MatMulInteger and ConvInteger, of wider ones in
int32, or in int64 where the accumulator is not proved to fit int32.

A sum that fits int32 is right in int32 whatever its partial sums do, since int32 wraps. On processors without VNNI the
8-bit products of onnxruntime can saturate inside; then `products` must be "int32".
"""

from earnest.export.onnx.arithmetic import add, requantize
from earnest.export.onnx.graph import Call, Graph
from earnest.integer.codes import Domain
from earnest.integer.law.weighted import WeightedSums

PRODUCTS = ("int8", "int32")
"""How 8-bit operands are multiplied: MatMulInteger and ConvInteger, or as int32."""

_EIGHT_BITS = ("int8", "uint8")


def is_narrow(graph: Graph, call: Call, *tensors: str) -> bool:
    """Whether 8-bit products are asked for and can hold these operands and their sums."""
    held = all(graph.type_of(tensor) in _EIGHT_BITS for tensor in tensors)
    return call.products == "int8" and held and sum_type(call) == "int32"


def sum_type(call: Call) -> str:
    """The type of the sums."""
    return "int32" if call.accumulator < 1 << 31 else "int64"


def sum_of_products(graph: Graph, left: str, right: str, call: Call, zero_points: tuple[int, int]) -> str:
    """E7 of the operands less their zero points."""
    operands = (left, right)
    if is_narrow(graph, call, left, right):
        zeros = [graph.constant(z, graph.type_of(x)) for x, z in zip(operands, zero_points, strict=True)]
        return graph.node("MatMulInteger", left, right, *(zeros if any(zero_points) else []))
    dtype = sum_type(call)
    centred = [add(graph, graph.cast(x, dtype), -z) for x, z in zip(operands, zero_points, strict=True)]
    return graph.node("MatMul", *centred)


def requantized(
    graph: Graph, operator: WeightedSums, sums: str, shape: tuple[int, ...], zero_point: int, result: Domain
) -> str:
    """Bias and requantization; `shape` lays the channels along their axis, counted from the last."""
    bias = graph.constant(operator.bias.reshape(shape), graph.type_of(sums), name="bias")
    multiplier, shift = operator.multiplier.reshape(shape), operator.shift.reshape(shape)
    return requantize(graph, graph.node("Add", sums, bias), multiplier, shift, zero_point, result)
