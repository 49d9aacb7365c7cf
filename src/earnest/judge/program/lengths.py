"""Dimensions in the lengths of the inputs (docs/semantics.md, "Programs"), at some lengths or at all of one."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np

DEEPEST, LIMIT = 32, 1 << 40


Lengths = Mapping[str, int]
"""The length of each symbol."""


def extent(dimension: Any, lengths: Lengths) -> int:
    """The value of a dimension at some lengths; ValueError says why it has none."""
    known = {symbol: np.asarray([length], dtype=object) for symbol, length in lengths.items()}
    return int(_values(dimension, known, DEEPEST)[0])


def extents(dimension: Any, longest: Lengths) -> np.ndarray:
    """Its values at the lengths 1 ... of the one symbol that it has, or its one value."""
    known = {symbol: np.arange(1, length + 1) for symbol, length in longest.items() if symbol in symbols(dimension)}
    if len(known) > 1:
        raise ValueError(f"expected an extent of one length, got one of {sorted(known)}")
    return _values(dimension, known, DEEPEST)


def symbols(dimension: Any) -> set[str]:
    """Every text in a dimension but its operations."""
    if isinstance(dimension, str):
        return {dimension}
    terms = dimension[1:] if isinstance(dimension, list) else []
    return {symbol for term in terms for symbol in symbols(term)}


def _values(dimension: Any, lengths: Mapping[str, np.ndarray], depth: int) -> np.ndarray:
    if type(dimension) is int:
        dtype = next((known.dtype for known in lengths.values()), np.dtype(np.int64))
        found = np.asarray([dimension], dtype=dtype)
    elif isinstance(dimension, str) and dimension in lengths:
        found = lengths[dimension]
    else:
        if depth == 0 or not isinstance(dimension, list) or len(dimension) < 2 or dimension[0] not in list(_OPERATIONS):
            raise ValueError("expected an integer, a symbol, or [operation, term, ...], at most 32 levels deep")
        terms = [_values(term, lengths, depth - 1) for term in dimension[1:]]
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
