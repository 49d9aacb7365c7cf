"""Dimensions in the length of the input (docs/semantics.md, "Programs"), at one length or at all of them."""

from functools import reduce
from typing import Any

import numpy as np

DEEPEST, LIMIT = 32, 1 << 40


def extent(dimension: Any, time: int) -> int:
    """The value of a dimension at one length; ValueError says why it has none."""
    return int(_values(dimension, np.asarray([time], dtype=object), DEEPEST)[0])


def extents(dimension: Any, longest: int) -> np.ndarray:
    """Its values at the lengths 1 ... `longest`."""
    return np.broadcast_to(_values(dimension, np.arange(1, longest + 1), DEEPEST), (longest,))


def _values(dimension: Any, time: np.ndarray, depth: int) -> np.ndarray:
    if type(dimension) is int:
        found = np.asarray([dimension], dtype=time.dtype)
    elif dimension == "time":
        found = time
    else:
        if depth == 0 or not isinstance(dimension, list) or len(dimension) < 2 or dimension[0] not in list(_OPERATIONS):
            raise ValueError("expected an integer, the time, or [operation, term, ...], at most 32 levels deep")
        terms = [_values(term, time, depth - 1) for term in dimension[1:]]
        found = reduce(_OPERATIONS[dimension[0]], terms)
    return _bounded(found)


def _bounded(found: np.ndarray) -> np.ndarray:
    if max(abs(int(found.min())), abs(int(found.max()))) > LIMIT:
        raise ValueError("expected partial results within 2^40")
    return found


def _sum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return _bounded(a + b)


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    # Both are within 2^40, so that their product may leave int64: float64 tells by how much before it is formed.
    if float(np.max(np.abs(a.astype(np.float64) * b.astype(np.float64)))) > 2.0 * LIMIT:
        raise ValueError("expected partial results within 2^40")
    return _bounded(a * b)


def _quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if not np.all(b):
        raise ValueError("expected no division by zero")
    return a // b


def _remainder(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if not np.all(b):
        raise ValueError("expected no division by zero")
    return a % b


_OPERATIONS = {
    "+": _sum,
    "*": _product,
    "//": _quotient,
    "%": _remainder,
    "max": np.maximum,
    "min": np.minimum,
}
