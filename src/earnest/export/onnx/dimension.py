"""Dimensions that depend on the length of the input, as int64 scalars computed in the graph."""

from functools import reduce

import numpy as np

from earnest.errors import ProgramError
from earnest.export.onnx.arithmetic import floor_divide
from earnest.export.onnx.graph import Graph
from earnest.integer.dimension import Dimension, evaluate


def emit(graph: Graph, dimension: Dimension) -> str:
    """A scalar that holds what `evaluate` gives for the graph's symbols; `//` and `%` floor."""
    if not _symbols(dimension):
        return graph.constant(evaluate(dimension, {}))
    if isinstance(dimension, str):
        if dimension not in graph.symbols:
            raise ProgramError(f"{graph.path}: expected a dimension in {sorted(graph.symbols)}, got {dimension!r}")
        return graph.symbols[dimension]
    if not isinstance(dimension, tuple) or dimension[0] not in _OPERATIONS:
        raise ProgramError(f"{graph.path}: expected an integer, a symbol or (operation, terms), got {dimension!r}")
    operation = dimension[0]
    terms = [emit(graph, term) for term in dimension[1:]]
    return reduce(lambda a, b: _operate(graph, operation, a, b), terms)


def emit_vector(graph: Graph, dimensions: tuple[Dimension, ...]) -> str:
    """Dimensions behind each other: what ONNX takes for a shape."""
    if not any(_symbols(dimension) for dimension in dimensions):
        return graph.constant(np.asarray([evaluate(dimension, {}) for dimension in dimensions], dtype=np.int64))
    return join(graph, [emit(graph, dimension) for dimension in dimensions])


def join(graph: Graph, parts: list[str]) -> str:
    """int64 scalars and vectors as one vector."""
    flat = [graph.node("Reshape", part, graph.constant([-1])) for part in parts]
    return graph.node("Concat", *flat, axis=0) if len(flat) > 1 else flat[0]


def extent(graph: Graph, tensor: str, axis: int) -> str:
    """The extent of one axis as a scalar."""
    shape = graph.node("Shape", tensor)
    return graph.node("Gather", shape, graph.constant(axis), axis=0)


_OPERATIONS = {"+": "Add", "*": "Mul", "//": "floor", "%": "Mod", "max": "Max", "min": "Min"}


def _operate(graph: Graph, operation: str, a: str, b: str) -> str:
    return floor_divide(graph, a, b) if operation == "//" else graph.node(_OPERATIONS[operation], a, b)


def _symbols(dimension: Dimension) -> bool:
    if isinstance(dimension, tuple):
        return any(_symbols(term) for term in dimension[1:])
    return isinstance(dimension, str)
