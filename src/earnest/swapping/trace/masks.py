"""What a value that depends on no data says at every length: one number, the causal mask, or a function of distance.

Each is checked at many lengths, the shortest and the greatest among them; a value that fails at one of them is none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from earnest.integer.dimension import Dimension, substitute, symbols_of
from earnest.swapping.trace.dimensions import dimension_of
from earnest.swapping.trace.flat import Flat
from earnest.swapping.trace.tables import BATCH, evaluate_free

At = Callable[[int], Tensor]

_CLOSE = 1e-5
"""What float32 may leave between a table and its part at another length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """A table whose value at [i, j] of two axes depends on j - i alone: `row` holds it by the distance from
    -(count - 1) to count - 1 on `axis`, where the second of them was; the first is gone. `length` is the extent of
    both.
    """

    row: Tensor
    axis: int
    count: int
    length: Dimension

    @property
    def window(self) -> tuple[Dimension, Dimension]:
        """First and last column of the distances that a shorter input has."""
        return ("+", self.count, ("*", -1, self.length)), ("+", self.count - 1, self.length)


def lengths(shortest: int, longest: int) -> list[int]:
    """Where a value is looked at: both ends, the neighbours of the shortest, and some between."""
    few = {shortest, shortest + 1, shortest + 2, shortest + (longest - shortest) // 7, (shortest + longest) // 2}
    return sorted({min(time, longest) for time in (*few, longest)})


def uniform(at: At, shortest: int, longest: int) -> float | bool | None:
    """The one number that fills the value at every length; None if there is none."""
    found: set[float | bool] = set()
    for time in lengths(shortest, longest):
        value = at(time)
        first = value.flatten()[0]
        if not bool((value == first).all()):
            return None
        found.add(first.item())
    return found.pop() if len(found) == 1 else None


def causal(at: At, shortest: int, longest: int) -> bool:
    """True if [..., i, j] is true, or 0 where the rest is below -1e4, for j <= i alone."""
    for time in lengths(shortest, longest):
        value = at(time)
        if value.ndim < 2 or value.shape[-1] != value.shape[-2]:
            return False
        seen = value if value.dtype is torch.bool else value == 0
        hidden = ~seen if value.dtype is torch.bool else value < -1e4
        lower = torch.ones(value.shape[-2:], dtype=torch.bool).tril()
        if not (bool((seen == lower).all()) and bool((hidden == ~lower).all())):
            return False
    return True


def distances(
    node: Flat, axes: tuple[int, int], names: Mapping[str, str], symbol: str, shortest: int, longest: int
) -> Distances | None:
    """The value by distance over two axes; None if it is no function of that."""
    shape = [substitute(dimension_of(size, names), {BATCH: 1}) for size in node.value.shape]
    first, second = axes
    others = [size for index, size in enumerate(shape) if index not in axes]
    varies = symbol in symbols_of(shape[first]) and not any(symbol in symbols_of(size) for size in others)
    if shape[first] != shape[second] or not varies:
        return None
    at = lambda length: evaluate_free(node, {BATCH: 1, symbol: length}, names)  # noqa: E731
    whole: Tensor = at(longest)
    count = whole.shape[first]
    before = whole.select(second, 0).flip(first if first < second else first - 1)
    after = whole.select(first, 0)
    axis = second if second < first else second - 1
    before = before.movedim(first if first < second else first - 1, axis)
    row = torch.cat([before, after.narrow(axis, 1, count - 1)], dim=axis) if count > 1 else before
    row = row.clone()
    del whole, before, after  # a table of the greatest length may be large: one at a time
    for time in lengths(shortest, longest):
        part = at(time)
        extent = part.shape[first]
        for index in range(extent):
            expected = row.narrow(axis, count - 1 - index, extent)
            if not torch.allclose(part.select(first, index), expected, rtol=0, atol=_CLOSE):
                return None
        del part
    return Distances(row=row, axis=axis, count=count, length=shape[first])
