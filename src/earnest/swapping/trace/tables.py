"""Values that depend on no data: folded weights, and tables of positions, computed offline up to the greatest length.

Lengths are those of the audio and of the tokens; a table depends on one of them.

A table is evaluated at the greatest length; at every other length it must be a slice of that, from the front, the
middle or the end, which is checked at many lengths and refused where it fails.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from earnest.errors import CaptureError
from earnest.integer.dimension import Dimension, Symbols, evaluate, substitute, symbols_of
from earnest.swapping.trace.dimensions import dimension_of
from earnest.swapping.trace.flat import TYPE_ONLY, Flat

BATCH = "batch"

COMPARISONS = {"aten.ne.Scalar": True, "aten.eq.Scalar": False}
"""What comes of a token that is compared with the one that fills up: a program reads no padding."""


def lengths_of(node: Flat, names: Mapping[str, str]) -> set[str]:
    """The lengths on which a value that depends on no data depends."""
    found: set[str] = set()
    seen: set[Flat] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if current.is_size:
            found |= symbols_of(dimension_of(current.value, names))
        elif current.operator in COMPARISONS:
            found |= {symbol for size in current.value.shape for symbol in symbols_of(dimension_of(size, names))}
        else:
            waiting.extend(current.inputs())
    return found - {BATCH}


def evaluate_free(node: Flat, symbols: Symbols, names: Mapping[str, str]) -> Any:
    """The value of a node that depends on no data, for given lengths."""
    memo: dict[Flat, Any] = {}

    def resolve(argument: Any) -> Any:
        if isinstance(argument, Flat):
            return compute(argument)
        if isinstance(argument, (list, tuple)):
            return [resolve(item) for item in argument]
        return argument

    def compute(current: Flat) -> Any:
        if current not in memo:
            if current.is_size:
                memo[current] = evaluate(dimension_of(current.value, names), symbols)
            elif current.tensor is not None:
                memo[current] = current.tensor.detach()
            elif current.operator in COMPARISONS and current.args[0].tensor is None and current.args[0].is_input:
                shape = [evaluate(dimension_of(size, names), symbols) for size in current.value.shape]
                memo[current] = torch.full(shape, COMPARISONS[current.operator])
            elif current.operator in TYPE_ONLY:
                memo[current] = resolve(current.args[0]).to(current.value.dtype)
            else:
                arguments = [resolve(a) for a in current.args]
                memo[current] = current.target(*arguments, **{k: resolve(v) for k, v in current.kwargs.items()})
        return memo[current]

    with torch.no_grad():
        return compute(node)


def table_of(
    node: Flat, names: Mapping[str, str], symbol: str, shortest: int, longest: int
) -> tuple[Tensor, int, Dimension, Dimension] | Tensor:
    """A tensor that is the same at every length, or (the longest table, axis, start, stop)."""
    at = lambda length: evaluate_free(node, {BATCH: 1, symbol: length}, names)  # noqa: E731
    table: Tensor = at(longest)
    shape = [dimension_of(size, names) for size in node.value.shape]
    axes = [axis for axis, dimension in enumerate(shape) if symbol in symbols_of(dimension)]
    probes = sorted({*range(shortest, min(shortest + 9, longest)), *range(shortest, longest + 1, max(1, longest // 7))})
    if not axes:
        if any(not torch.equal(table, at(each)) for each in probes):
            raise CaptureError(
                f"{node.path}: {node.operator} makes values ({node.source}) that depend on the length of the input; "
                "expected the same at every length, or a slice of a table of positions"
            )
        return table
    if len(axes) > 1:
        raise CaptureError(
            f"{node.path}: {node.operator} makes a table whose {len(axes)} axes depend on the length ({node.source}); "
            "expected at most one"
        )
    (axis,) = axes
    count, total = substitute(shape[axis], {BATCH: 1}), table.shape[axis]
    starts: dict[str, Dimension] = {
        "front": 0,
        "middle": ("//", ("+", total, ("*", -1, count)), 2),
        "end": ("+", total, ("*", -1, count)),
    }
    for start in starts.values():
        if all(_is_slice(table, at(each), axis, evaluate(start, {symbol: each})) for each in probes):
            return table, axis, start, ("+", start, count)
    raise CaptureError(
        f"{node.path}: {node.operator} makes a table ({node.source}) which at a shorter length is no slice of "
        "the longest one; expected positions that start at the front, the middle or the end"
    )


def _is_slice(table: Tensor, part: Tensor, axis: int, start: int) -> bool:
    count = part.shape[axis]
    if start < 0 or start + count > table.shape[axis]:
        return False
    return torch.allclose(table.narrow(axis, start, count), part, rtol=0, atol=1e-5)
