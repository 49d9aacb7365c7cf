"""The operator table: what becomes of each ATen operator that `torch.export` yields."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from earnest.swapping.attention_rules import ATTENTION_RULES, by_distance
from earnest.swapping.flat import Flat
from earnest.swapping.function_rules import FUNCTION_RULES, IN_PLACE
from earnest.swapping.graph import Node
from earnest.swapping.layout_rules import LAYOUT_RULES, reshape
from earnest.swapping.recurrent_rules import RECURRENT_RULES
from earnest.swapping.reduction_rules import REDUCTION_RULES
from earnest.swapping.weighted_rules import WEIGHTED_RULES, rms_norm

if TYPE_CHECKING:
    from earnest.swapping.conversion import Converter

Rule = Callable[["Converter", Flat], Node]


def _matmul(converter: "Converter", node: Flat) -> Node:
    left, right = node.args[:2]
    if min(len(left.value.shape), len(right.value.shape)) < 2:
        raise converter.unsupported(node, "multiplies a vector; expected operands of two axes or more")
    return converter.make("matmul", [converter.operand(left), converter.operand(right)], depth=left.value.shape[-1])


def _sum(sign: float) -> Rule:
    def rule(converter: "Converter", node: Flat) -> Node:
        left, right = node.args[:2]
        factor = sign * float(node.kwargs.get("alpha", 1))
        if converter.uniform(right) == 0 and _keeps_shape(converter, node, left):
            converter.became[node] = "removed: adds 0"
            return converter.like(node, left)
        if _hides_the_future(converter, node, right):
            converter.causal_scores.add(node)
            converter.became[node] = "part of the softmax: its causal mask"
            return converter.like(node, left)
        operands = [converter.operand(x) if isinstance(x, Flat) else converter.number(float(x)) for x in (left, right)]
        return converter.make("add", operands, factors=(1.0, factor))

    return rule


def _hides_the_future(converter: "Converter", node: Flat, mask: object) -> bool:
    """True for the causal mask, added to what softmax alone reads."""
    read_by_softmax = all(user.operator == "aten.softmax.int" for user in node.users)
    return read_by_softmax and isinstance(mask, Flat) and converter.causal(mask)


def _reversed_difference(converter: "Converter", node: Flat) -> Node:
    """other - x, other a number or a tensor."""
    left, right = node.args[:2]
    factor = float(node.argument(2, "alpha", 1))
    other = converter.operand(right) if isinstance(right, Flat) else converter.number(float(right))
    return converter.make("add", [converter.operand(left), other], factors=(-factor, 1.0))


def _keeps_shape(converter: "Converter", node: Flat, source: Flat) -> bool:
    """Whether the result has the source's elements: nothing broadcasts it."""
    before, after = (list(converter.shape(value)) for value in (source, node))
    while after and len(after) > len(before) and after[0] == 1:
        after.pop(0)
    return len(before) == len(after) and all(map(converter.same_at_all_lengths, before, after))


def _product(converter: "Converter", node: Flat) -> Node:
    left, right = node.args[:2]
    for value, factor in ((left, converter.scalar(right)), (right, converter.scalar(left))):
        if factor is not None:
            return _scale(converter, node, value, factor)
    return by_distance(converter, node) or converter.make("mul", [converter.operand(left), converter.operand(right)])


def _quotient(converter: "Converter", node: Flat) -> Node:
    divisor = converter.scalar(node.args[1])
    if divisor is None or divisor == 0:
        raise converter.unsupported(node, "divides by a tensor, which has no twin")
    return _scale(converter, node, node.args[0], 1.0 / divisor)


def _scale(converter: "Converter", node: Flat, value: Flat, factor: float) -> Node:
    if not math.isfinite(factor) or factor == 0:
        raise converter.unsupported(node, f"multiplies by {factor}")
    source = converter.like(node, value)
    if factor == 1:
        converter.became[node] = "removed: multiplies by 1"
        return source
    if factor < 0:
        return converter.make("add", [source], factors=(factor,))
    return converter.make("scaled", [source], factor=factor)


def _negative(converter: "Converter", node: Flat) -> Node:
    return _scale(converter, node, node.args[0], -1.0)


def _glu(converter: "Converter", node: Flat) -> Node:
    axis = int(node.argument(1, "dim", -1))
    return converter.make("glu", [converter.operand(node.args[0])], axis=axis % len(node.value.shape))


_FRESH = (
    "linear",
    "conv",
    "norm",
    "add",
    "mul",
    "div",
    "matmul",
    "bmm",
    "glu",
)


def _in_place(rule: Rule) -> Rule:
    """An operator that overwrites its operand, where nobody else can see that: a fresh value with no other reader."""

    def checked(converter: "Converter", node: Flat) -> Node:
        operand = node.args[0]
        fresh = any(part in operand.operator.split(".")[1] for part in _FRESH) if "." in operand.operator else False
        fresh = fresh or operand.operator in FUNCTION_RULES or operand.operator in IN_PLACE
        if not fresh or len(operand.users) != 1:
            raise converter.unsupported(node, "overwrites a value that others may read; write it out of place")
        return rule(converter, node)

    return checked


def _identity(why: str) -> Rule:
    def rule(converter: "Converter", node: Flat) -> Node:
        converter.became[node] = why
        return converter.operand(node.args[0])

    return rule


def _dropout(converter: "Converter", node: Flat) -> Node:
    if node.args[2]:
        raise converter.unsupported(node, "is active; call model.eval() first")
    converter.became[node] = "removed: dropout in evaluation"
    return converter.operand(node.args[0])


def _cast(converter: "Converter", node: Flat) -> Node:
    if not node.value.dtype.is_floating_point:
        raise converter.unsupported(node, f"converts to {node.value.dtype}")
    converter.became[node] = "removed: conversion between float types"
    return converter.operand(node.args[0])


def written_out(converter: "Converter", node: Flat) -> Node:
    """An RMS norm of which this is the last part."""
    norm = converter.norms[node]
    return rms_norm(converter, node, norm.source, norm.gain, norm.epsilon)


RULES: dict[str, Rule] = {
    "aten.matmul.default": _matmul,
    "aten.bmm.default": _matmul,
    "aten.add.Tensor": _sum(1.0),
    "aten.add_.Tensor": _in_place(_sum(1.0)),
    "aten.sub.Tensor": _sum(-1.0),
    "aten.sub_.Tensor": _in_place(_sum(-1.0)),
    "aten.rsub.Scalar": _reversed_difference,
    "aten.rsub.Tensor": _reversed_difference,
    "aten.mul.Tensor": _product,
    "aten.mul_.Tensor": _in_place(_product),
    "aten.mul.Scalar": _product,
    "aten.div.Tensor": _quotient,
    "aten.div.Scalar": _quotient,
    "aten.neg.default": _negative,
    "aten.glu.default": _glu,
    "aten.dropout.default": _dropout,
    "aten.contiguous.default": _identity("removed: memory layout only"),
    "aten.clone.default": _identity("removed: copy"),
    "aten.detach.default": _identity("removed: detach"),
    "aten.alias.default": _identity("removed: alias"),
    "aten.type_as.default": _cast,
    "aten.to.dtype": _cast,
    "aten.to.device": _cast,
    "aten.to.dtype_layout": _cast,
    "aten._to_copy.default": _cast,
    **FUNCTION_RULES,
    **{name: _in_place(rule) for name, rule in IN_PLACE.items()},
    **WEIGHTED_RULES,
    **LAYOUT_RULES,
    **ATTENTION_RULES,
    **REDUCTION_RULES,
    **RECURRENT_RULES,
    "aten.unflatten.int": reshape,
}
