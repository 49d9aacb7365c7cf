"""Every twin, by the kind of the law's operator that it computes."""

from earnest.nn.add import Add
from earnest.nn.embedding import Embedding
from earnest.nn.gated import GatedLinearUnit
from earnest.nn.group_norm import GroupNorm
from earnest.nn.layer_norm import LayerNorm
from earnest.nn.layout import Concat, Constant, Pad, RelativeShift, Reshape, Slice, Transpose
from earnest.nn.matmul import MatMul
from earnest.nn.multiply import Multiply
from earnest.nn.recurrence import GatedRecurrentUnit, LongShortTermMemory
from earnest.nn.rms_norm import RmsNorm
from earnest.nn.softmax import Exponential, Softmax, WeightedMean
from earnest.nn.table import InterpolatedTable, Table
from earnest.nn.twin import Twin
from earnest.nn.weighted import Convolution1d, Convolution2d, Linear

TWINS: dict[str, type[Twin]] = {
    twin.kind: twin
    for twin in (
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
