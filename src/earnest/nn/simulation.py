"""Simulation: real values as their codes leave them, by float operators whose results are rounded to their grids.

    y' = nearest(f(x', W'))        nearest: to the real value of a code of the edge

It is what methods search with: fast, with a straight-through gradient. It differs from the law where a rounded
multiplier or a table's entry falls on the other side of half a step, so that no result is ever taken from it.
"""

from collections.abc import Sequence

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.nn.layout import Layout
from earnest.nn.twin import Twin


def simulated(twin: Twin, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
    """The result of a twin on real values, with given parameters, at the values of the codes of its edge."""
    result = twin.real(inputs, parameters, symbols)
    return result if isinstance(twin, Layout) else twin.output.nearest(result)
