"""Rules of functions of one value: each becomes a table, whose parameters are the operator's arguments."""

from torch import nn

from earnest.nn.twins.add import Add
from earnest.nn.twins.table import Function
from earnest.numerics.table import Pointwise
from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.rules.weighted import CONVOLUTIONS
from earnest.swapping.trace.flat import Flat

SELU = (1.6732632423543772, 1.0507009873554805, 1.0)
"""alpha, scale, and 1, of SELU [Klambauer 2017, arXiv:1706.02515, eq. 2]."""

NOTHING_ABOVE, NOTHING_BELOW = float("inf"), float("-inf")


def table(converter: Converter, node: Flat, name: str, *parameters: float) -> Draft:
    """A table of the operator's first argument."""
    function = Pointwise(name, tuple(float(each) for each in parameters))
    return converter.make(Function, [converter.operand(node.args[0])], function=function)


def _function(name: str, *arguments: tuple[int, str, float]) -> Rule:
    """The function whose parameters are arguments: of each its place, its name, and torch's default."""

    def rule(converter: Converter, node: Flat) -> Draft:
        return table(converter, node, name, *(node.argument(*argument) for argument in arguments))

    return rule


def _gelu(converter: Converter, node: Flat) -> Draft:
    return table(converter, node, "gelu_tanh" if node.kwargs.get("approximate") == "tanh" else "gelu")


def _celu(converter: Converter, node: Flat) -> Draft:
    alpha = float(node.argument(1, "alpha", 1.0))
    return table(converter, node, "elu", alpha, 1.0, 1 / alpha)


def _square(converter: Converter, node: Flat) -> Draft:
    if node.args[1] != 2:
        raise converter.unsupported(node, f"raises to {node.args[1]}, which has no twin; expected 2")
    return table(converter, node, "square")


def _prelu(converter: Converter, node: Flat) -> Draft:
    """One slope is a table. A slope for each channel: x + (slope - 1) min(x, 0), the product a depthwise convolution of
    one tap, whose weights are exact at every width.
    """
    slope = converter.parameter(node.args[1]).detach()
    if slope.numel() == 1:
        return table(converter, node, "leaky_relu", float(slope))
    rank = len(node.value.shape) - 2
    if rank not in (1, 2):
        raise converter.unsupported(node, f"has slopes of channels over {rank} axes; expected [batch, channels, time]")
    below = table(converter, node, "clamp", NOTHING_BELOW, 0.0)
    weight = nn.Parameter((slope - 1).reshape(-1, 1, *(1,) * rank))
    settings = {"strides": (1,) * rank, "padding": (0,) * rank, "dilations": (1,) * rank, "groups": len(slope)}
    bent = converter.make(CONVOLUTIONS[rank], [below], parameters={"weight": weight}, **settings)
    return converter.make(Add, [converter.operand(node.args[0]), bent], factors=(1.0, 1.0))


_NAMED: dict[str, Rule] = {
    "relu": _function("relu"),
    "relu6": lambda converter, node: table(converter, node, "clamp", 0.0, 6.0),
    "silu": _function("silu"),
    "sigmoid": _function("sigmoid"),
    "gelu": _gelu,
    "tanh": _function("tanh"),
    "hardtanh": _function("clamp", (1, "min_val", -1.0), (2, "max_val", 1.0)),
    "clamp": _function("clamp", (1, "min", NOTHING_BELOW), (2, "max", NOTHING_ABOVE)),
    "clamp_min": lambda converter, node: table(converter, node, "clamp", node.args[1], NOTHING_ABOVE),
    "clamp_max": lambda converter, node: table(converter, node, "clamp", NOTHING_BELOW, node.args[1]),
    "leaky_relu": _function("leaky_relu", (1, "negative_slope", 0.01)),
    "elu": _function("elu", (1, "alpha", 1.0), (2, "scale", 1.0), (3, "input_scale", 1.0)),
    "celu": _celu,
    "selu": lambda converter, node: table(converter, node, "elu", *SELU),
    "hardsigmoid": _function("hard_sigmoid"),
    "hardswish": _function("hard_swish"),
    "softplus": _function("softplus", (1, "beta", 1.0), (2, "threshold", 20.0)),
    "log_sigmoid": _function("log_sigmoid"),
    "mish": _function("mish"),
    "exp": _function("exp"),
    "abs": _function("abs"),
    "square": _function("square"),
}

FUNCTION_RULES: dict[str, Rule] = {
    **{f"aten.{name}.default": rule for name, rule in _NAMED.items()},
    "aten.pow.Tensor_Scalar": _square,
    "aten.prelu.default": _prelu,
}
