"""Every operator of the law, by kind. A file, a target and a test look here; nothing else is an operator."""

from earnest.integer.add import Add
from earnest.integer.convolution import Convolution1d, Convolution2d
from earnest.integer.embedding import Embedding
from earnest.integer.gated import GatedLinearUnit
from earnest.integer.group_norm import GroupNorm
from earnest.integer.layer_norm import LayerNorm
from earnest.integer.layout import Concat, Constant, Pad, Reshape, Slice, Transpose
from earnest.integer.linear import Linear
from earnest.integer.matmul import MatMul
from earnest.integer.multiply import Multiply
from earnest.integer.operator import Operator
from earnest.integer.recurrence import GatedRecurrentUnit, LongShortTermMemory
from earnest.integer.relative_shift import RelativeShift
from earnest.integer.rms_norm import RmsNorm
from earnest.integer.softmax import Exponential, Softmax, WeightedMean
from earnest.integer.table import InterpolatedTable, Table
from earnest.integer.weight import WeightCodes

OPERATORS: dict[str, type[Operator]] = {
    operator.kind: operator
    for operator in (
        Linear,
        Convolution1d,
        Convolution2d,
        Embedding,
        LongShortTermMemory,
        GatedRecurrentUnit,
        MatMul,
        Add,
        Multiply,
        Table,
        InterpolatedTable,
        GatedLinearUnit,
        Softmax,
        Exponential,
        WeightedMean,
        LayerNorm,
        RmsNorm,
        GroupNorm,
        RelativeShift,
        Reshape,
        Transpose,
        Slice,
        Pad,
        Concat,
        Constant,
    )
}

WEIGHTED = tuple(kind for kind, operator in OPERATORS.items() if issubclass(operator, WeightCodes))
"""Kinds that have weights."""
