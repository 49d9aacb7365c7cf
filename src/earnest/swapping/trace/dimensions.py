"""Sizes of the captured graph, which torch writes in sympy, as dimensions of the law."""

from collections.abc import Callable, Mapping
from typing import Any

import sympy
import torch

from earnest.errors import CaptureError
from earnest.integer.dimension import Dimension

_FUNCTIONS = {
    "FloorDiv": "//",
    "CleanDiv": "//",
    "Mod": "%",
    "PythonMod": "%",
    "Max": "max",
    "Min": "min",
}


def dimension_of(size: int | torch.SymInt, names: Mapping[str, str]) -> Dimension:
    """A size as a dimension; `names` maps torch's symbols to `batch` and `time`."""
    if isinstance(size, torch.SymInt):
        return _convert(size.node.expr, names)
    return int(size)


def _convert(expression: Any, names: Mapping[str, str]) -> Dimension:
    if isinstance(expression, (int, sympy.Integer)):
        return int(expression)
    if isinstance(expression, sympy.Symbol):
        if str(expression) not in names:
            raise CaptureError(f"a size depends on {expression}, which is neither the batch nor the time of the input")
        return names[str(expression)]
    convert: Callable[[Any], Dimension] = lambda term: _convert(term, names)  # noqa: E731
    if isinstance(expression, sympy.Add):
        return ("+", *map(convert, _ordered(expression.args)))
    if isinstance(expression, sympy.Mul):
        return ("*", *map(convert, _ordered(expression.args)))
    if isinstance(expression, sympy.Pow) and expression.exp.is_Integer and 1 <= int(expression.exp) <= 4:
        return ("*", *(convert(expression.base),) * int(expression.exp))
    operation = _FUNCTIONS.get(type(expression).__name__)
    if operation is None:
        raise CaptureError(
            f"a size is computed by {type(expression).__name__} ({expression}), which has no integer form here"
        )
    return (operation, *map(convert, expression.args))


def _ordered(terms: tuple[Any, ...]) -> list[Any]:
    """sympy's order of terms may differ between runs; the text does not."""
    return sorted(terms, key=str)
