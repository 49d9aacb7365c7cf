"""Rules of sums and means over a short axis of fixed extent: one sum of its parts, rounded once (E13)."""

from earnest.nn.twins.add import Add
from earnest.nn.twins.reshape import Reshape
from earnest.nn.twins.slice import Slice
from earnest.swapping.graph.draft import Draft
from earnest.swapping.rules.converter import Converter, Rule
from earnest.swapping.trace.flat import Flat

MOST_TERMS = 32
"""Operands of one sum."""


def _reduction(*, mean: bool) -> Rule:
    def rule(converter: Converter, node: Flat) -> Draft:
        source = node.args[0]
        axes = node.argument(1, "dim")
        rank = len(source.value.shape)
        chosen = [int(axis) % rank for axis in axes] if isinstance(axes, (list, tuple)) else [int(axes) % rank]
        if len(chosen) != 1:
            raise converter.unsupported(node, f"goes over {len(chosen)} axes; expected one")
        extent = converter.shape(source)[chosen[0]]
        if not isinstance(extent, int) or extent > MOST_TERMS:
            raise converter.unsupported(node, f"goes over an axis of {extent}; expected a fixed {MOST_TERMS} at most")
        value, factor = converter.operand(source), 1.0 / extent if mean else 1.0
        parts = [
            converter.make(Slice, [value], axis=chosen[0], start=index, stop=index + 1, step=1)
            for index in range(extent)
        ]
        total = converter.make(Add, parts, factors=(factor,) * extent)
        if node.argument(2, "keepdim", default=False):
            return total
        return converter.make(Reshape, [total], shape=converter.shape(node))

    return rule


REDUCTION_RULES: dict[str, Rule] = {
    "aten.sum.dim_IntList": _reduction(mean=False),
    "aten.mean.dim": _reduction(mean=True),
}
