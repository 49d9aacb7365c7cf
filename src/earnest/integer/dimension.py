"""Dimensions that depend on the length of the input: integers, or expressions in named symbols.

An expression is an integer, a symbol's name, or a tuple ("+" | "*" | "//" | "%" | "max" | "min", a, b, ...), so that it
is plain JSON in a file. `//` floors.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeGuard, cast

import numpy as np

from earnest.errors import ProgramError

Dimension = int | str | tuple[Any, ...]
Symbols = Mapping[str, int]

TIME, TOKENS = "time", "tokens"
"""Symbols of a program: how long the audio is, and how many tokens it reads."""

_DEPTH, _LIMIT = 32, 1 << 40


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise ProgramError("a dimension divides by zero")
    return a // b


def _remainder(a: int, b: int) -> int:
    if b == 0:
        raise ProgramError("a dimension divides by zero")
    return a % b


OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "//": _divide,
    "%": _remainder,
    "max": max,
    "min": min,
}


def _is_expression(dimension: Dimension) -> TypeGuard[tuple[Any, ...]]:
    return (
        isinstance(dimension, tuple)
        and len(dimension) > 1
        and isinstance(dimension[0], str)
        and dimension[0] in OPERATIONS
    )


_ARRAY_OPERATIONS = {
    "+": np.add,
    "*": np.multiply,
    "//": np.floor_divide,
    "%": np.remainder,
    "max": np.maximum,
    "min": np.minimum,
}


def evaluate(dimension: Dimension, symbols: Symbols, depth: int = 0) -> int:
    """The value of a dimension for given symbols; refuses what is no dimension, or beyond 2^40."""
    if depth > _DEPTH:
        raise ProgramError(f"expected a dimension at most {_DEPTH} levels deep")
    if isinstance(dimension, bool):
        raise ProgramError("expected a dimension, got a truth value")
    if isinstance(dimension, int):
        value = dimension
    elif isinstance(dimension, str):
        if dimension not in symbols:
            raise ProgramError(f"expected a dimension in the symbols {sorted(symbols)}, got {dimension!r}")
        value = symbols[dimension]
    elif _is_expression(dimension):
        terms = (evaluate(term, symbols, depth + 1) for term in dimension[1:])
        operation = OPERATIONS[dimension[0]]
        value = reduce(lambda a, b: _within(operation(a, b)), terms)
    else:
        raise ProgramError(f"expected an integer, a symbol or (operation, terms), got {dimension!r}")
    return _within(value)


def _within(value: int) -> int:
    if abs(value) > _LIMIT:
        raise ProgramError("expected a dimension, and every part of it, within 2^40")
    return value


def freeze(dimension: Any, depth: int = 0) -> Dimension:
    """A dimension read from JSON, whose lists become tuples."""
    if depth > _DEPTH:
        raise ProgramError(f"expected a dimension at most {_DEPTH} levels deep")
    if not isinstance(dimension, list):
        return dimension
    return tuple(freeze(term, depth + 1) for term in cast("list[Any]", dimension))


def substitute(dimension: Dimension, symbols: Symbols) -> Dimension:
    """A dimension with some symbols known; what depends on no other becomes an integer."""
    if isinstance(dimension, str):
        return symbols.get(dimension, dimension)
    if not isinstance(dimension, tuple):
        return dimension
    terms = tuple(substitute(term, symbols) if index else term for index, term in enumerate(dimension))
    return evaluate(terms, {}) if all(isinstance(term, int) for term in terms[1:]) else terms


def symbols_of(dimension: Dimension) -> set[str]:
    """The symbols that a dimension depends on."""
    if isinstance(dimension, str):
        return {dimension}
    terms = dimension[1:] if isinstance(dimension, tuple) else ()
    return {symbol for term in terms for symbol in symbols_of(term)}


def evaluate_all(dimension: Dimension, symbol: str, values: np.ndarray) -> np.ndarray:
    """The values of a dimension in one symbol, for many values of it at once, int64."""
    if not isinstance(dimension, tuple):
        return np.full_like(values, evaluate(dimension, {})) if dimension != symbol else values
    evaluate(dimension, {symbol: int(values[-1])})
    terms = [evaluate_all(term, symbol, values) for term in dimension[1:]]
    return reduce(lambda a, b: _apply(dimension[0], a, b), terms)


def _apply(operation: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    largest = int(np.abs(a).max()) * max(1, int(np.abs(b).max()))
    if largest > 1 << 60 or (operation in ("//", "%") and bool((b == 0).any())):
        raise ProgramError("a dimension divides by zero, or exceeds 2^40")
    return _ARRAY_OPERATIONS[operation](a, b)
