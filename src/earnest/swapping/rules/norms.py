"""Rules of norms: of the last axis, of groups of channels over time, and of those that a module writes out."""

import torch
from torch import nn

from earnest.nn.twins.bias_norm import BiasNorm
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
    norm = RootMeanSquare(
        source=node.args[0], epsilon=float(epsilon), gain=node.argument(2, "weight"), offset=None, parts=()
    )
    return _root_mean_square(converter, node, norm)


def _root_mean_square(converter: Converter, node: Flat, norm: RootMeanSquare) -> Draft:
    """An RMS norm, or a BiasNorm where squares are those of what is left of an offset, of the last axis, which has a
    fixed extent.
    """
    channels = converter.shape(norm.source)[-1]
    if not isinstance(channels, int):
        raise converter.unsupported(node, f"over an axis of {channels} has no twin; expected channels")
    weight = nn.Parameter(torch.ones(channels)) if norm.gain is None else converter.parameter(norm.gain)
    if tuple(weight.shape) != (channels,):
        weight = nn.Parameter(weight.detach().reshape(-1).expand(channels).clone())
    inputs = [converter.operand(norm.source)]
    if norm.offset is None:
        return converter.make(RmsNorm, inputs, parameters={"weight": weight}, epsilon=norm.epsilon)
    parameters = {"weight": weight, "offset": converter.parameter(norm.offset)}
    return converter.make(BiasNorm, inputs, parameters=parameters, epsilon=norm.epsilon)


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
    """The rule of the last part of a norm that a module writes out."""
    return lambda converter, node: _root_mean_square(converter, node, norm)


NORM_RULES: dict[str, Rule] = {
    "aten.layer_norm.default": _layer_norm,
    "aten.rms_norm.default": _rms_norm,
    "aten.group_norm.default": _group_norm,
}
