"""Every operator of an ONNX model by type and by the element types that it reads and makes, sub-graphs included."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from earnest.export.onnx.graph import load_onnx

Key = tuple[str, tuple[str, ...]]

UNKNOWN = "unknown"
"""The type of a tensor that shape inference cannot name, such as the result of a contributed operator."""

_STANDARD = ("", "ai.onnx")
_WHOLE = {"bool"} | {f"{sign}int{bits}" for sign in ("", "u") for bits in (2, 4, 8, 16, 32, 64)}


def operator_census(model: Any) -> dict[Key, int]:
    """How often each (operator, types) occurs: the types of an operator's inputs, then those of its results.

    Operators outside the default domain carry it before their name; the results of those that onnx does not know have
    no known type. What the file itself states of types, but for those of its inputs, is not believed. Inputs, outputs
    and initializers of the graph are counted as `graph input`, `graph output` and `initializer`.
    """
    onnx = load_onnx()
    bare = type(model)()
    bare.CopyFrom(model)
    if bare.functions:
        bare = onnx.inliner.inline_local_functions(bare)
    _forget(bare.graph)
    inferred = onnx.shape_inference.infer_shapes(bare)
    return dict(Counter(_count(inferred.graph, {})))


def not_whole(census: Mapping[Key, int]) -> dict[Key, int]:
    """The rows of a census in which some tensor is neither integer nor bool, or has a type that is not known."""
    return {key: count for key, count in census.items() if not set(key[1]) <= _WHOLE}


def _forget(graph: Any) -> None:
    """Drop every stated type that inference would take over unchecked."""
    del graph.value_info[:]
    for output in graph.output:
        output.ClearField("type")
    for node in graph.node:
        for inner in _inner_graphs(node):
            _forget(inner)


def _count(graph: Any, outer: Mapping[str, str]) -> Iterator[Key]:
    types = dict(outer)
    for info in (*graph.value_info, *graph.input, *graph.output):
        types[info.name] = _type_name(info.type.tensor_type.elem_type)
    for tensor in (*graph.initializer, *(sparse.values for sparse in graph.sparse_initializer)):
        types[tensor.name] = _type_name(tensor.data_type)
        yield "initializer", (types[tensor.name],)
    for kind, infos in (("graph input", graph.input), ("graph output", graph.output)):
        for info in infos:
            yield kind, (types[info.name],)
    for node in graph.node:
        kind = node.op_type if node.domain in _STANDARD else f"{node.domain}::{node.op_type}"
        # A name that is left empty is an optional input or result that is not there.
        names = [name for name in (*node.input, *node.output) if name]
        yield kind, tuple(types.get(name, UNKNOWN) for name in names)
        for inner in _inner_graphs(node):
            yield from _count(inner, types)


def _inner_graphs(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _type_name(number: int) -> str:
    name = load_onnx().TensorProto.DataType.Name(number).lower()
    return UNKNOWN if name == "undefined" else name
