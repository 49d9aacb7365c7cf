"""Assembly: the twin of one captured operator, once its edges are chosen."""

from collections.abc import Callable, Sequence
from typing import Any

from earnest.errors import SwapError
from earnest.integer.target import Target
from earnest.nn.add import Add
from earnest.nn.edge import Edge
from earnest.nn.embedding import Embedding
from earnest.nn.gated import GatedLinearUnit
from earnest.nn.group_norm import GroupNorm
from earnest.nn.layer_norm import LayerNorm
from earnest.nn.layout import Concat, Constant, Pad, RelativeShift, Reshape, Scaled, Slice, Transpose
from earnest.nn.matmul import MatMul
from earnest.nn.multiply import Multiply
from earnest.nn.recurrence import GatedRecurrentUnit, LongShortTermMemory
from earnest.nn.rms_norm import RmsNorm
from earnest.nn.softmax import Exponential, Softmax, WeightedMean
from earnest.nn.table import InterpolatedTable, Table
from earnest.nn.twin import Twin
from earnest.nn.weighted import Convolution1d, Convolution2d, Linear
from earnest.swapping.graph import Node
from earnest.swapping.recipe import Settings

Edges = Sequence[Edge]
Assemble = Callable[[Node, Edges, Edge, Settings | None, Target], Twin]


def assemble(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
    """The twin of a node; a SwapError for a kind that has none."""
    if node.kind not in _ASSEMBLE:
        raise SwapError(f"{node.name}: no twin for {node.kind} ({node.aten}, {node.source})")
    return _ASSEMBLE[node.kind](node, operands, output, settings, target)


def _weighted(node: Node, settings: Settings | None) -> dict[str, Any]:
    if settings is None:
        raise SwapError(f"{node.name}: no settings")
    return {
        "weight": node.parameters["weight"],
        "bias": node.parameters.get("bias"),
        "weight_bits": settings.weight_bits,
        "weight_map": settings.weight_map,
        "weight_range": settings.weight_range,
        "weight_group": settings.weight_group,
    }


def _linear(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
    del target
    return Linear(operands, output, **_weighted(node, settings))


def _embedding(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
    del target
    weighted = _weighted(node, settings)
    del weighted["bias"]
    return Embedding(operands, output, **weighted)


def _with_weights(
    twin: type[Convolution1d | Convolution2d | LongShortTermMemory | GatedRecurrentUnit],
) -> Assemble:
    def build(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
        del target
        return twin(operands, output, **node.settings, **_weighted(node, settings))

    return build


def _matmul(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
    del settings, target
    return WeightedMean(operands, output) if node.settings.get("weighted_mean") else MatMul(operands, output)


def _function(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
    del settings, target
    table = Table if operands[0].bits <= 8 else InterpolatedTable
    return table(operands, output, function=node.settings["function"])


def _glu(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
    del settings
    return GatedLinearUnit(operands, output, axis=node.settings["axis"], gate_bits=target.widths["gate"])


def _softmax(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
    del settings, target
    twin = Softmax if output.bits == 16 else Exponential
    return twin(operands, output, masked=node.settings["masked"])


def _norm(twin: type[LayerNorm] | type[RmsNorm] | type[GroupNorm]) -> Assemble:
    def build(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
        del settings, target
        parameters: dict[str, Any] = dict(node.parameters)
        return twin(operands, output, **node.settings, **parameters)

    return build


def _constant(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
    del operands, settings, target
    return Constant(output, value=node.parameters["value"])


def _plain(twin: type[Twin]) -> Assemble:
    def build(node: Node, operands: Edges, output: Edge, settings: Settings | None, target: Target) -> Twin:
        del settings, target
        return twin(operands, output, **{k: v for k, v in node.settings.items() if k != "depth"})

    return build


_ASSEMBLE: dict[str, Assemble] = {
    "linear": _linear,
    "embedding": _embedding,
    "conv1d": _with_weights(Convolution1d),
    "conv2d": _with_weights(Convolution2d),
    "lstm": _with_weights(LongShortTermMemory),
    "gru": _with_weights(GatedRecurrentUnit),
    "matmul": _matmul,
    "add": _plain(Add),
    "mul": _plain(Multiply),
    "function": _function,
    "glu": _glu,
    "softmax": _softmax,
    "layer_norm": _norm(LayerNorm),
    "rms_norm": _norm(RmsNorm),
    "group_norm": _norm(GroupNorm),
    "constant": _constant,
    "relative_shift": _plain(RelativeShift),
    "reshape": _plain(Reshape),
    "transpose": _plain(Transpose),
    "slice": _plain(Slice),
    "pad": _plain(Pad),
    "concat": _plain(Concat),
    "scaled": _plain(Scaled),
}
