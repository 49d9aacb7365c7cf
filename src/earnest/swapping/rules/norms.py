"""Rules of norms: of the last axis, of groups of channels over time, and of those that a module writes out."""

import torch
from torch import nn

from earnest.nn.twins.group_norm import GroupNorm
from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.rms_norm import RmsNorm
from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.trace.flat import Flat
from earnest.swapping.trace.root_mean_square import RootMeanSquare


def _layer_norm(converter: Converter, node: Flat) -> Draft:
    shape = node.args[1]
    if len(shape) != 1:
        raise converter.unsupported(node, f"over {len(shape)} axes has no twin; expected the last axis")
    weight, bias = node.argument(2, "weight"), node.argument(3, "bias")
    gain = nn.Parameter(torch.ones(shape)) if weight is None else converter.parameter(weight)
    shift = nn.Parameter(torch.zeros(shape)) if bias is None else converter.parameter(bias)
    epsilon = float(node.argument(4, "eps", 1e-5))
    inputs = [converter.operand(node.args[0])]
    return converter.make(LayerNorm, inputs, parameters={"weight": gain, "bias": shift}, epsilon=epsilon)


def _rms_norm(converter: Converter, node: Flat) -> Draft:
    epsilon = node.argument(3, "eps", torch.finfo(node.value.dtype).eps)
    if len(node.args[1]) != 1:
        raise converter.unsupported(node, f"over {len(node.args[1])} axes has no twin; expected the last axis")
    return _root_mean_square(converter, node, node.args[0], node.argument(2, "weight"), float(epsilon))


def _root_mean_square(converter: Converter, node: Flat, source: Flat, gain: Flat | None, epsilon: float) -> Draft:
    """An RMS norm of the last axis, which has a fixed extent."""
    channels = converter.shape(source)[-1]
    if not isinstance(channels, int):
        raise converter.unsupported(node, f"over an axis of {channels} has no twin; expected channels")
    weight = nn.Parameter(torch.ones(channels)) if gain is None else converter.parameter(gain)
    return converter.make(RmsNorm, [converter.operand(source)], parameters={"weight": weight}, epsilon=epsilon)


def _group_norm(converter: Converter, node: Flat) -> Draft:
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
        GroupNorm,
        [converter.operand(source)],
        parameters={"weight": gain, "bias": shift},
        epsilon=float(node.argument(4, "eps", 1e-5)),
        groups=groups,
        largest=converter.greatest(("*", channels // groups, *shape[2:])),
    )


def written_out(norm: RootMeanSquare) -> Rule:
    """The rule of the last part of an RMS norm that a module writes out."""
    return lambda converter, node: _root_mean_square(converter, node, norm.source, norm.gain, norm.epsilon)


NORM_RULES: dict[str, Rule] = {
    "aten.layer_norm.default": _layer_norm,
    "aten.rms_norm.default": _rms_norm,
    "aten.group_norm.default": _group_norm,
}
