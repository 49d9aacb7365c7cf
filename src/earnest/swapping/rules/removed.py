"""Rules of what changes no value in evaluation: copies, conversions between float types, dropout."""

from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.trace.flat import Flat


def _identity(why: str) -> Rule:
    def rule(converter: Converter, node: Flat) -> Draft:
        converter.became[node] = why
        return converter.operand(node.args[0])

    return rule


def _dropout(converter: Converter, node: Flat) -> Draft:
    if node.args[2]:
        raise converter.unsupported(node, "is active; call model.eval() first")
    converter.became[node] = "removed: dropout in evaluation"
    return converter.operand(node.args[0])


def _cast(converter: Converter, node: Flat) -> Draft:
    if not node.value.dtype.is_floating_point:
        raise converter.unsupported(node, f"converts to {node.value.dtype}")
    converter.became[node] = "removed: conversion between float types"
    return converter.operand(node.args[0])


REMOVED_RULES: dict[str, Rule] = {
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
}
