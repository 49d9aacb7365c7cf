"""Rules of operators with weights: linear, convolution, embedding; batch norm is folded into the one before."""

from typing import Any

import torch
from torch import nn

from earnest.nn.twins.conv1d import Convolution1d
from earnest.nn.twins.conv2d import Convolution2d
from earnest.nn.twins.convolution import Convolution
from earnest.nn.twins.embedding import Embedding
from earnest.nn.twins.linear import Linear
from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.trace.flat import Flat

WEIGHTED = frozenset(
    ("aten.linear.default", "aten.conv1d.default", "aten.conv2d.default", "aten.conv1d.padding", "aten.conv2d.padding")
)
"""Operators that run in integers even where their input depends on no data: a projection of a table of positions."""


CONVOLUTIONS = {1: Convolution1d, 2: Convolution2d}
"""By the axes that they go over."""


def _weights(converter: Converter, node: Flat) -> dict[str, Any]:
    bias = node.argument(2, "bias")
    parameters = {"weight": converter.parameter(node.args[1])}
    return parameters if bias is None else {**parameters, "bias": converter.parameter(bias)}


def _linear(converter: Converter, node: Flat) -> Draft:
    return converter.make(Linear, [converter.operand(node.args[0])], parameters=_weights(converter, node))


def _embedding(converter: Converter, node: Flat) -> Draft:
    if node.args[1] is not converter.tokens:
        raise converter.unsupported(node, "reads rows that are not those of the tokens")
    return converter.make(
        Embedding, [converter.operand(node.args[1])], parameters={"weight": converter.parameter(node.args[0])}
    )


def _convolution(rank: int) -> Rule:
    def rule(converter: Converter, node: Flat) -> Draft:
        parameters = _weights(converter, node)
        stride, padding = node.argument(3, "stride", 1), node.argument(4, "padding", 0)
        dilation, groups = node.argument(5, "dilation", 1), node.argument(6, "groups", 1)
        dilations = _spread(dilation, rank)
        named = isinstance(padding, str)
        weight = parameters["weight"]
        amounts = _named_padding(converter, node, padding, weight, dilations) if named else _spread(padding, rank)
        return converter.make(
            CONVOLUTIONS[rank],
            [converter.operand(node.args[0])],
            parameters=parameters,
            strides=_spread(stride, rank),
            padding=amounts,
            dilations=dilations,
            groups=int(groups),
        )

    return rule


def _mean_pool(converter: Converter, node: Flat) -> Draft:
    """The mean of each window of one channel: a depthwise convolution of equal weights."""
    taps = _spread(node.args[1], 1)[0]
    stride, padding = _spread(node.argument(2, "stride", taps) or taps, 1), _spread(node.argument(3, "padding", 0), 1)
    channels = converter.shape(node.args[0])[1]
    padded_otherwise = padding[0] and not node.argument(5, "count_include_pad", default=True)
    if len(node.value.shape) != 3 or not isinstance(channels, int) or node.argument(4, "ceil_mode") or padded_otherwise:
        raise converter.unsupported(node, "has a form without a twin; expected [batch, channels, time], zeros counted")
    weight = nn.Parameter(torch.full((channels, 1, taps), 1.0 / taps))
    settings = {"strides": stride, "padding": padding, "dilations": (1,), "groups": channels}
    return converter.make(Convolution1d, [converter.operand(node.args[0])], parameters={"weight": weight}, **settings)


def _named_padding(
    converter: Converter, node: Flat, padding: str, weight: nn.Parameter, dilations: tuple[int, ...]
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


def _batch_norm(converter: Converter, node: Flat) -> Draft:
    """Folded into the convolution or linear before it; alone it is a depthwise convolution of one tap."""
    source = converter.operand(node.args[0])
    gain, bias, mean, variance = (
        None if argument is None else converter.parameter(argument).detach().double() for argument in node.args[1:5]
    )
    if mean is None or variance is None or node.args[5]:
        raise converter.unsupported(node, "uses statistics of the batch; call model.eval() first")
    factor = (1.0 if gain is None else gain) / torch.sqrt(variance + float(node.args[7]))
    offset = (0.0 if bias is None else bias) - mean * factor
    foldable = source.is_a(Convolution) or (source.is_a(Linear) and len(node.value.shape) == 2)
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
    return converter.make(CONVOLUTIONS[rank], [source], parameters=parameters, **settings)


def _sole_reader(converter: Converter, value: Flat, source: Draft) -> bool:
    """True if nothing else reads the source, nor any of the identities between it and the value."""
    while len(value.users) == 1 and converter.made.get(value) is source:
        if value in converter.made_for:
            return True
        value = value.args[0]
    return False


def _fold(source: Draft, factor: torch.Tensor, offset: torch.Tensor) -> None:
    """W' = W g / sqrt(v + eps), b' = b g / sqrt(v + eps) + offset, in float64."""
    weight = source.parameters["weight"].detach().double()
    bias = source.parameters.get("bias")
    before = torch.zeros_like(offset) if bias is None else bias.detach().double()
    scale = factor.reshape(-1, *(1,) * (weight.ndim - 1))
    source.parameters["weight"] = nn.Parameter((weight * scale).float())
    source.parameters["bias"] = nn.Parameter((before * factor + offset).float())


WEIGHTED_RULES: dict[str, Rule] = {
    "aten.linear.default": _linear,
    "aten.embedding.default": _embedding,
    "aten.conv1d.default": _convolution(1),
    "aten.conv1d.padding": _convolution(1),
    "aten.conv2d.default": _convolution(2),
    "aten.conv2d.padding": _convolution(2),
    "aten.avg_pool1d.default": _mean_pool,
    "aten.batch_norm.default": _batch_norm,
}
