"""Every operator of the law, by kind. A file, a target and a test look here; nothing else is an operator."""

from earnest.integer.law.add import Add
from earnest.integer.law.bias_norm import BiasNorm
from earnest.integer.law.concat import Concat
from earnest.integer.law.constant import Constant
from earnest.integer.law.conv1d import Convolution1d
from earnest.integer.law.conv2d import Convolution2d
from earnest.integer.law.embedding import Embedding
from earnest.integer.law.exponential import Exponential
from earnest.integer.law.glu import GatedLinearUnit
from earnest.integer.law.group_norm import GroupNorm
from earnest.integer.law.gru import GatedRecurrentUnit
from earnest.integer.law.interpolated_table import InterpolatedTable
from earnest.integer.law.layer_norm import LayerNorm
from earnest.integer.law.linear import Linear
from earnest.integer.law.lstm import LongShortTermMemory
from earnest.integer.law.matmul import MatMul
from earnest.integer.law.mul import Multiply
from earnest.integer.law.operator import Operator
from earnest.integer.law.pad import Pad
from earnest.integer.law.relative_shift import RelativeShift
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.rms_norm import RmsNorm
from earnest.integer.law.slice import Slice
from earnest.integer.law.softmax import Softmax
from earnest.integer.law.table import Table
from earnest.integer.law.transpose import Transpose
from earnest.integer.law.weight import WeightCodes
from earnest.integer.law.weighted_mean import WeightedMean

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
        BiasNorm,
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
