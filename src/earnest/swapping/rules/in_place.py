"""Operators that overwrite their operand: allowed where nobody sees it, on a fresh value without another reader."""

from collections.abc import Collection, Mapping

import torch

from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.trace.flat import Flat


def in_place(rules: Mapping[str, Rule], fresh: Collection[str]) -> dict[str, Rule]:
    """The rules of those that torch has in place too, by the names that they have there. `fresh` are the operators that
    make a value of their own, which is no view of another.
    """
    names = {name: overwriting(name) for name in rules if _exists(overwriting(name))}
    alone = {*fresh, *names.values()}
    return {other: _checked(rules[name], alone) for name, other in names.items()}


def overwriting(name: str) -> str:
    """aten.relu.default as aten.relu_.default."""
    room, operator, overload = name.split(".")
    return f"{room}.{operator}_.{overload}"


def _exists(name: str) -> bool:
    _, operator, overload = name.split(".")
    packet = getattr(torch.ops.aten, operator, None)
    return packet is not None and overload in packet.overloads()


def _checked(rule: Rule, alone: Collection[str]) -> Rule:
    def checked(converter: Converter, node: Flat) -> Draft:
        operand = node.args[0]
        if operand.operator not in alone or len(operand.users) != 1:
            raise converter.unsupported(node, "overwrites a value that others may read; write it out of place")
        return rule(converter, node)

    return checked
