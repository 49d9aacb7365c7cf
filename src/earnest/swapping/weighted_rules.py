"""Rules of operators with weights: linear, convolution, embedding, norms; batch norm is folded into the one before."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from earnest.swapping.flat import Flat
from earnest.swapping.graph import Node

if TYPE_CHECKING:
    from earnest.swapping.conversion import Converter

Rule = Callable[["Converter", Flat], Node]

WEIGHTED = frozenset(
    ("aten.linear.default", "aten.conv1d.default", "aten.conv2d.default", "aten.conv1d.padding", "aten.conv2d.padding")
)
"""Operators that run in integers even where their input depends on no data: a projection of a table of positions."""


def _weights(converter: "Converter", node: Flat) -> dict[str, Any]:
    bias = node.argument(2, "bias")
    parameters = {"weight": converter.parameter(node.args[1])}
    return parameters if bias is None else {**parameters, "bias": converter.parameter(bias)}


def _linear(converter: "Converter", node: Flat) -> Node:
    return converter.make("linear", [converter.operand(node.args[0])], parameters=_weights(converter, node))


def _embedding(converter: "Converter", node: Flat) -> Node:
    if node.args[1] is not converter.tokens:
        raise converter.unsupported(node, "reads rows that are not those of the tokens")
    return converter.make(
        "embedding", [converter.operand(node.args[1])], parameters={"weight": converter.parameter(node.args[0])}
    )


def _convolution(rank: int) -> Rule:
    def rule(converter: "Converter", node: Flat) -> Node:
        parameters = _weights(converter, node)
        stride, padding = node.argument(3, "stride", 1), node.argument(4, "padding", 0)
        dilation, groups = node.argument(5, "dilation", 1), node.argument(6, "groups", 1)
        dilations = _spread(dilation, rank)
        named = isinstance(padding, str)
        weight = parameters["weight"]
        amounts = _named_padding(converter, node, padding, weight, dilations) if named else _spread(padding, rank)
        return converter.make(
            f"conv{rank}d",
            [converter.operand(node.args[0])],
            parameters=parameters,
            strides=_spread(stride, rank),
            padding=amounts,
            dilations=dilations,
            groups=int(groups),
        )

    return rule


def _mean_pool(converter: "Converter", node: Flat) -> Node:
    """The mean of each window of one channel: a depthwise convolution of equal weights."""
    taps = _spread(node.args[1], 1)[0]
    stride, padding = _spread(node.argument(2, "stride", taps) or taps, 1), _spread(node.argument(3, "padding", 0), 1)
    channels = converter.shape(node.args[0])[1]
    padded_otherwise = padding[0] and not node.argument(5, "count_include_pad", default=True)
    if len(node.value.shape) != 3 or not isinstance(channels, int) or node.argument(4, "ceil_mode") or padded_otherwise:
        raise converter.unsupported(node, "has a form without a twin; expected [batch, channels, time], zeros counted")
    weight = nn.Parameter(torch.full((channels, 1, taps), 1.0 / taps))
    settings = {"strides": stride, "padding": padding, "dilations": (1,), "groups": channels}
    return converter.make("conv1d", [converter.operand(node.args[0])], parameters={"weight": weight}, **settings)


def _named_padding(
    converter: "Converter", node: Flat, padding: str, weight: nn.Parameter, dilations: tuple[int, ...]
) -> tuple[int, ...]:
    reach = [dilation * (taps - 1) for dilation, taps in zip(dilations, weight.shape[2:], strict=True)]
    if padding == "valid":
        return (0,) * len(reach)
    if any(extent % 2 for extent in reach):
        raise converter.unsupported(node, "pads by 'same' with an even number of taps, which is not symmetric")
    return tuple(extent // 2 for extent in reach)


def _spread(value: Any, rank: int) -> tuple[int, ...]:
    values = tuple(int(v) for v in value) if isinstance(value, (list, tuple)) else (int(value),)
    return values * rank if len(values) == 1 else values


def _batch_norm(converter: "Converter", node: Flat) -> Node:
    """Folded into the convolution or linear before it; alone it is a depthwise convolution of one tap."""
    source = converter.operand(node.args[0])
    gain, bias, mean, variance = (
        None if argument is None else converter.parameter(argument).detach().double() for argument in node.args[1:5]
    )
    if mean is None or variance is None or node.args[5]:
        raise converter.unsupported(node, "uses statistics of the batch; call model.eval() first")
    factor = (1.0 if gain is None else gain) / torch.sqrt(variance + float(node.args[7]))
    offset = (0.0 if bias is None else bias) - mean * factor
    foldable = source.kind in ("conv1d", "conv2d") or (source.kind == "linear" and len(node.value.shape) == 2)
    if foldable and _sole_reader(converter, node.args[0], source):
        _fold(source, factor, offset)
        converter.became[node] = f"folded into {source.path}"
        return source
    rank = len(node.value.shape) - 2
    if rank not in (1, 2):
        raise converter.unsupported(node, f"over {rank} axes has no twin")
    channels = len(factor)
    weight = nn.Parameter(factor.float().reshape(channels, 1, *(1,) * rank))
    settings = {"strides": (1,) * rank, "padding": (0,) * rank, "dilations": (1,) * rank, "groups": channels}
    parameters = {"weight": weight, "bias": nn.Parameter(offset.float())}
    return converter.make(f"conv{rank}d", [source], parameters=parameters, **settings)


def _sole_reader(converter: "Converter", value: Flat, source: Node) -> bool:
    """True if nothing else reads the source, nor any of the identities between it and the value."""
    while len(value.users) == 1 and converter.made.get(value) is source:
        if value in converter.made_for:
            return True
        value = value.args[0]
    return False


def _fold(source: Node, factor: torch.Tensor, offset: torch.Tensor) -> None:
    """W' = W g / sqrt(v + eps), b' = b g / sqrt(v + eps) + offset, in float64."""
    weight = source.parameters["weight"].detach().double()
    bias = source.parameters.get("bias")
    before = torch.zeros_like(offset) if bias is None else bias.detach().double()
    scale = factor.reshape(-1, *(1,) * (weight.ndim - 1))
    source.parameters["weight"] = nn.Parameter((weight * scale).float())
    source.parameters["bias"] = nn.Parameter((before * factor + offset).float())


def _layer_norm(converter: "Converter", node: Flat) -> Node:
    shape = node.args[1]
    if len(shape) != 1:
        raise converter.unsupported(node, f"over {len(shape)} axes has no twin; expected the last axis")
    weight, bias = node.argument(2, "weight"), node.argument(3, "bias")
    gain = nn.Parameter(torch.ones(shape)) if weight is None else converter.parameter(weight)
    shift = nn.Parameter(torch.zeros(shape)) if bias is None else converter.parameter(bias)
    epsilon = float(node.argument(4, "eps", 1e-5))
    inputs = [converter.operand(node.args[0])]
    return converter.make("layer_norm", inputs, parameters={"weight": gain, "bias": shift}, epsilon=epsilon)


def _rms_norm(converter: "Converter", node: Flat) -> Node:
    epsilon = node.argument(3, "eps", torch.finfo(node.value.dtype).eps)
    if len(node.args[1]) != 1:
        raise converter.unsupported(node, f"over {len(node.args[1])} axes has no twin; expected the last axis")
    return rms_norm(converter, node, node.args[0], node.argument(2, "weight"), float(epsilon))


def rms_norm(converter: "Converter", node: Flat, source: Flat, gain: Flat | None, epsilon: float) -> Node:
    """An RMS norm of the last axis, which has a fixed extent."""
    channels = converter.shape(source)[-1]
    if not isinstance(channels, int):
        raise converter.unsupported(node, f"over an axis of {channels} has no twin; expected channels")
    weight = nn.Parameter(torch.ones(channels)) if gain is None else converter.parameter(gain)
    return converter.make("rms_norm", [converter.operand(source)], parameters={"weight": weight}, epsilon=epsilon)


def _group_norm(converter: "Converter", node: Flat) -> Node:
    """Over groups of the second axis and all that follows it; how many codes a group has depends on the length."""
    source, groups = node.args[0], int(node.args[1])
    shape = converter.shape(source)
    if len(shape) < 3 or not isinstance(shape[1], int):
        raise converter.unsupported(node, f"over {shape} has no twin; expected [batch, channels, time, ...]")
    channels = shape[1]
    weight, bias = node.argument(2, "weight"), node.argument(3, "bias")
    gain = nn.Parameter(torch.ones(channels)) if weight is None else converter.parameter(weight)
    shift = nn.Parameter(torch.zeros(channels)) if bias is None else converter.parameter(bias)
    return converter.make(
        "group_norm",
        [converter.operand(source)],
        parameters={"weight": gain, "bias": shift},
        epsilon=float(node.argument(4, "eps", 1e-5)),
        groups=groups,
        largest=converter.greatest(("*", channels // groups, *shape[2:])),
    )


WEIGHTED_RULES: dict[str, Rule] = {
    "aten.linear.default": _linear,
    "aten.embedding.default": _embedding,
    "aten.conv1d.default": _convolution(1),
    "aten.conv1d.padding": _convolution(1),
    "aten.conv2d.default": _convolution(2),
    "aten.conv2d.padding": _convolution(2),
    "aten.avg_pool1d.default": _mean_pool,
    "aten.batch_norm.default": _batch_norm,
    "aten.layer_norm.default": _layer_norm,
    "aten.rms_norm.default": _rms_norm,
    "aten.group_norm.default": _group_norm,
}
