"""An ONNX file read as it must be: every node of every sub-graph and function, with the element types that it reads and
makes. Stated types are not believed but for those of the inputs; data outside of the file only from its own folder.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from earnest.errors import EarnestError, FileError

UNKNOWN = "unknown"
"""The type of a tensor that onnx cannot infer, such as the result of another library's operator."""

WHOLE = {"bool"} | {f"{sign}int{bits}" for sign in ("", "u") for bits in (2, 4, 8, 16, 32, 64)}
_STANDARD = ("", "ai.onnx")
_BROKEN = (RuntimeError, TypeError, ValueError)
"""What onnx and its functions raise at names, types and attributes that make no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """An initializer, or the tensor of a node that has no input: elements, bytes (packed as stored), extents."""

    type: str
    elements: int
    bytes: int
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node. Names are unique over all sub-graphs; an optional input that is not there is an empty name."""

    where: str
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxGraph:
    """All nodes in order; the type of every value; the constants; what comes in and what goes out."""

    nodes: tuple[Node, ...]
    types: Mapping[str, str]
    constants: Mapping[str, Constant]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    nodes: list[Node] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    graphs: int = 0


def read_onnx(path: str | Path) -> OnnxGraph:
    """Read a file, or raise a FileError that says what is wrong with it."""
    onnx = _onnx()
    from google.protobuf.message import DecodeError

    path = Path(path)
    try:
        model = onnx.load(str(path), format="protobuf", load_external_data=False)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (DecodeError, *_BROKEN) as error:
        raise FileError(f"{path}: expected an ONNX model, got {_line(error)}") from error
    if not model.graph.node or not model.opset_import:
        raise FileError(f"{path}: expected an ONNX model with operators, got none")
    _check_external(model, path)
    try:
        return _read(onnx, model)
    except FileError as error:
        raise FileError(f"{path}: {error}") from error
    except RecursionError as error:
        raise FileError(f"{path}: sub-graphs lie too deep in each other") from error
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, *_BROKEN) as error:
        raise FileError(f"{path}: expected a consistent ONNX model, got {_line(error)}") from error


def _read(onnx: Any, model: Any) -> OnnxGraph:
    """Inline the functions, infer all types anew, and walk."""
    _check_functions(model)
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    _forget(model.graph)
    _walk(model.graph, {}, _Reading())  # names first: inference trips over those that nothing makes
    inferred = onnx.shape_inference.infer_shapes(model)
    reading = _Reading()
    scope = _walk(inferred.graph, {}, reading)
    held = {tensor.name for tensor in inferred.graph.initializer}
    return OnnxGraph(
        nodes=tuple(reading.nodes),
        types=reading.types,
        constants=reading.constants,
        inputs=tuple(scope[info.name] for info in inferred.graph.input if info.name not in held),
        outputs=tuple(scope[info.name] for info in inferred.graph.output),
    )


def _walk(graph: Any, outer: Mapping[str, str], reading: _Reading) -> dict[str, str]:
    """Read a graph in the scope of the names around it; its own names, each with the unique one that it is given."""
    reading.graphs += 1
    prefix = "" if reading.graphs == 1 else f"{graph.name or 'graph'}[{reading.graphs}]/"
    scope = dict(outer)
    stated = {info.name: info.type.tensor_type.elem_type for info in (*graph.value_info, *graph.input)}

    def introduce(name: str, kind: str) -> str:
        scope[name] = prefix + name
        reading.types[prefix + name] = kind
        return prefix + name

    for info in graph.input:
        introduce(info.name, _type_name(stated[info.name]))
    for tensor in (*graph.initializer, *(sparse.values for sparse in graph.sparse_initializer)):
        reading.constants[introduce(tensor.name, _type_name(tensor.data_type))] = _constant(tensor)
    for node in graph.node:
        missing = [name for name in node.input if name and name not in scope]
        if missing:
            raise FileError(f"{node.op_type} reads {missing[0]!r}, which nothing before it makes")
        inputs = [scope[name] if name else "" for name in node.input]
        kinds = [_result_type(node, stated.get(name, 0), inputs, reading) for name in node.output]
        outputs = [introduce(name, kind) if name else "" for name, kind in zip(node.output, kinds, strict=True)]
        inner = [_walk_inner(each, scope, reading) for each in _inner_graphs(node)]
        standard = node.domain in _STANDARD or node.op_type in ("QuantizeLinear", "DequantizeLinear")
        operator = node.op_type if standard else f"{node.domain}::{node.op_type}"
        where = prefix + (node.name or f"{node.op_type} of {next(iter(node.output), '?')}")
        reading.nodes.append(
            Node(
                where=where,
                operator=operator,
                inputs=(*inputs, *(name for names in inner for name in names)),
                outputs=tuple(outputs),
                attributes={each.name: each.i for each in node.attribute if each.type == each.INT},
            )
        )
        for attribute in node.attribute:
            if attribute.HasField("t") and outputs and not node.input:
                reading.constants[outputs[0]] = _constant(attribute.t)
                reading.types[outputs[0]] = _type_name(attribute.t.data_type)
    unmade = [info.name for info in graph.output if info.name not in scope]
    if unmade:
        raise FileError(f"the result {unmade[0]!r} is made by nothing")
    return scope


def _result_type(node: Any, inferred: int, inputs: list[str], reading: _Reading) -> str:
    """onnx infers nothing behind the operators of onnxruntime; those on codes make the type that they read."""
    keeps = node.op_type.startswith("QLinear") or node.op_type in (
        "Transpose",
        "Reshape",
        "Slice",
        "Squeeze",
        "Unsqueeze",
    )
    if inferred == 0 and keeps and inputs:
        return reading.types[inputs[0]]
    return _type_name(inferred)


def _walk_inner(graph: Any, scope: Mapping[str, str], reading: _Reading) -> list[str]:
    """The results of a sub-graph, which its node reads."""
    inner = _walk(graph, scope, reading)
    return [inner[info.name] for info in graph.output]


def _check_functions(model: Any) -> None:
    """A function that comes to call itself has no end."""
    calls = {
        (function.domain, function.name): {(node.domain, node.op_type) for node in _all_nodes(function.node)}
        for function in model.functions
    }
    while calls:
        ready = [key for key, called in calls.items() if not called & calls.keys()]
        if not ready:
            raise FileError(f"the function {min(calls)[1]!r} calls itself")
        for key in ready:
            del calls[key]


def _check_external(model: Any, path: Path) -> None:
    """Data outside of the file are sized, not read; those of another folder are refused."""
    folder = path.resolve().parent
    for tensor in _all_tensors(model):
        places = [entry.value for entry in tensor.external_data if entry.key == "location"]
        if tensor.data_location != tensor.EXTERNAL:
            continue
        target = (folder / places[0]).resolve() if places else folder
        if not target.is_relative_to(folder) or not target.is_file():
            raise FileError(f"{path}: {tensor.name}: expected its data in a file beside the model, got {places[:1]}")
        needed = _constant(tensor).bytes
        offset = next((int(entry.value) for entry in tensor.external_data if entry.key == "offset"), 0)
        if not 0 <= offset <= target.stat().st_size - needed:
            raise FileError(f"{path}: {tensor.name}: expected {needed} bytes in {places[0]}, got fewer")


def _constant(tensor: Any) -> Constant:
    kind, elements = _type_name(tensor.data_type), 1
    if any(extent < 0 for extent in tensor.dims):
        raise FileError(f"{tensor.name}: expected extents of 0 or more, got {list(tensor.dims)}")
    for extent in tensor.dims:
        elements *= extent
    digits = "".join(filter(str.isdigit, kind.removeprefix("b").split("e")[0]))
    width = {"bool": 8, "float": 32, "double": 64, "complex64": 64, "complex128": 128}.get(kind, int(digits or 8))
    return Constant(type=kind, elements=elements, bytes=(elements * width + 7) // 8, shape=tuple(tensor.dims))


def _all_tensors(model: Any) -> Iterator[Any]:
    pending = [model.graph]
    while pending:
        graph = pending.pop()
        yield from graph.initializer
        yield from (part for sparse in graph.sparse_initializer for part in (sparse.values, sparse.indices))
        for node in graph.node:
            pending.extend(_inner_graphs(node))
            yield from _attribute_tensors(node)
    for function in model.functions:
        for node in _all_nodes(function.node):
            yield from _attribute_tensors(node)


def _attribute_tensors(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors


def _all_nodes(nodes: Any) -> Iterator[Any]:
    pending = list(nodes)
    while pending:
        node = pending.pop()
        yield node
        pending.extend(inner for graph in _inner_graphs(node) for inner in graph.node)


def _forget(graph: Any) -> None:
    del graph.value_info[:]
    for output in graph.output:
        output.ClearField("type")
    for node in graph.node:
        for inner in _inner_graphs(node):
            _forget(inner)


def _inner_graphs(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _type_name(number: int) -> str:
    names = _onnx().TensorProto.DataType
    name = names.Name(number).lower() if number in names.values() else UNKNOWN
    return UNKNOWN if name == "undefined" else name


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _onnx() -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.inliner
        import onnx.shape_inference
    except ImportError as error:
        raise EarnestError("expected the package onnx, found none: pip install 'earnest[onnx]'") from error
    return onnx
