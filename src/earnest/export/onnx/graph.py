"""A graph of standard ONNX integer operators while it is being built: plain records until `model` needs onnx.

A tensor is its name. Every tensor's type is known here, and none but those of `TYPES` can be made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from earnest.errors import EarnestError, ProgramError
from earnest.integer.codes import Domain, storage

OPSET = 21
IR_VERSION = 10

TYPES = {"int8": 3, "uint8": 2, "int16": 5, "uint16": 4, "int32": 6, "uint32": 12, "int64": 7, "bool": 9}
"""The element types of a graph, as `onnx.TensorProto` numbers them. There is no float among them."""

_RESULTS = {
    "ConvInteger": "int32",
    "GreaterOrEqual": "bool",
    "LessOrEqual": "bool",
    "MatMulInteger": "int32",
    "Shape": "int64",
}
"""The type of a node's result where it is not that of its first input."""

Attribute = int | str | tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One ONNX operator of the default domain."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[tuple[str, Attribute], ...]
    body: "Graph | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An input or an output of the graph; an extent that is not known is a name or None."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]


@dataclass(slots=True)
class Graph:
    """Nodes in order. The same operator on the same inputs, and the same constant, are made once.

    `symbols` names the int64 scalar of each symbol that a dimension may use; `path` is what new names begin with.
    """

    path: str = ""
    symbols: dict[str, str] = field(default_factory=dict)
    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    _types: dict[str, str] = field(default_factory=dict)
    _nodes: list[Node] = field(default_factory=list)
    _made: dict[Any, tuple[str, ...]] = field(default_factory=dict)
    _constants: dict[Any, str] = field(default_factory=dict)
    _arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def type_of(self, tensor: str) -> str:
        """The element type of a tensor."""
        return self._types[tensor]

    def input(self, name: str, dtype: str, shape: tuple[int | str | None, ...]) -> str:
        """A new input of the graph."""
        self.inputs.append(Port(name=name, dtype=dtype, shape=shape))
        return self._declare(name, dtype)

    def output(self, name: str, tensor: str, dtype: str, rank: int) -> None:
        """Hand a tensor out under a name, as a type that holds its values."""
        self._declare(name, dtype)
        self._nodes.append(Node(kind="Cast", inputs=(tensor,), outputs=(name,), attributes=(("to", TYPES[dtype]),)))
        self.outputs.append(Port(name=name, dtype=dtype, shape=(None,) * rank))

    def constant(self, values: Any, dtype: str = "int64", name: str = "constant") -> str:
        """An initializer; refuses values that the type does not hold."""
        array = np.asarray(values)
        if array.dtype.kind not in "iu" and array.size:
            raise ProgramError(f"{self.path}: expected integers, got {array.dtype}")
        narrow = array.astype(dtype)
        if not np.array_equal(narrow, array):
            raise ProgramError(f"{self.path}: expected values that fit {dtype}, got {array.min()} .. {array.max()}")
        key = (dtype, narrow.shape, narrow.tobytes())
        if key not in self._constants:
            tensor = self._declare(self._name(name), dtype)
            self._arrays[tensor] = narrow
            self._constants[key] = tensor
        return self._constants[key]

    def node(self, kind: str, *inputs: str, dtype: str | None = None, **attributes: Attribute) -> str:
        """The one result of an operator; `dtype` states its type where the rule would be wrong."""
        return self.nodes(kind, *inputs, count=1, dtype=dtype, **attributes)[0]

    def nodes(
        self, kind: str, *inputs: str, count: int, dtype: str | None = None, **attributes: Attribute
    ) -> tuple[str, ...]:
        """The results of an operator with several."""
        key = (kind, inputs, count, tuple(sorted(attributes.items())))
        if key not in self._made:
            dtype = dtype or _RESULTS.get(kind) or self._types[inputs[1 if kind == "Where" else 0]]
            outputs = tuple(self._declare(self._name(kind), dtype) for _ in range(count))
            self._nodes.append(Node(kind=kind, inputs=inputs, outputs=outputs, attributes=key[3]))
            self._made[key] = outputs
        return self._made[key]

    def scan(self, body: "Graph", states: Sequence[str], x: str, *, axis: int, reverse: bool) -> str:
        """What a body makes at every place of an axis of x, one after the other. It reads `states` and x at the place;
        its outputs are the new states, and the result there.
        """
        settings = {
            "num_scan_inputs": 1,
            "scan_input_axes": (axis,),
            "scan_output_axes": (axis,),
            "scan_input_directions": (int(reverse),),
            "scan_output_directions": (int(reverse),),
        }
        types = [port.dtype for port in body.outputs]
        outputs = tuple(self._declare(self._name("Scan"), dtype) for dtype in types)
        attributes = tuple(settings.items())
        self._nodes.append(Node(kind="Scan", inputs=(*states, x), outputs=outputs, attributes=attributes, body=body))
        return outputs[-1]

    def cast(self, tensor: str, dtype: str) -> str:
        """The same integers in another type."""
        if self._types[tensor] == dtype:
            return tensor
        return self.node("Cast", tensor, dtype=dtype, to=TYPES[dtype])

    def model(self) -> Any:
        """The graph as an `onnx.ModelProto`, checked by onnx."""
        onnx = load_onnx()
        opsets = [onnx.helper.make_opsetid("", OPSET)]
        model = onnx.helper.make_model(
            self._proto("earnest"), producer_name="earnest", opset_imports=opsets, ir_version=IR_VERSION
        )
        onnx.checker.check_model(model)
        return model

    def _proto(self, name: str) -> Any:
        onnx = load_onnx()
        helper = onnx.helper
        bodies = [{"body": node.body._proto(node.body.path)} if node.body else {} for node in self._nodes]
        nodes = [
            helper.make_node(node.kind, node.inputs, node.outputs, **dict(node.attributes), **body)
            for node, body in zip(self._nodes, bodies, strict=True)
        ]
        read = {name for node in self._nodes for name in node.inputs}
        arrays = [onnx.numpy_helper.from_array(array, name) for name, array in self._arrays.items() if name in read]
        ports = [
            [helper.make_tensor_value_info(port.name, TYPES[port.dtype], port.shape) for port in side]
            for side in (self.inputs, self.outputs)
        ]
        return helper.make_graph(nodes, name, *ports, arrays)

    def _name(self, what: str) -> str:
        return f"{self.path}/{what}_{len(self._types)}"

    def _declare(self, name: str, dtype: str) -> str:
        if dtype not in TYPES:
            raise ProgramError(f"{name}: expected a type of {sorted(TYPES)}, got {dtype}")
        if name in self._types:
            raise ProgramError(f"{name}: named twice in the graph")
        self._types[name] = dtype
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value of the program in the graph: its tensor, and what is proved of its codes at the greatest length."""

    tensor: str
    domain: Domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operator at its place: what it reads, what is proved of its result and its accumulator, and the products."""

    inputs: tuple[Value, ...]
    result: Domain
    accumulator: int
    products: str

    @property
    def tensors(self) -> Sequence[str]:
        """The tensors of the inputs."""
        return [value.tensor for value in self.inputs]


def carrier(domain: Domain) -> str:
    """The type in which codes travel: 8 bits as they are, wider ones as int32, with operators that int16 lacks."""
    held = storage(domain.bits, signed=domain.signed)
    return held.name if held.itemsize == 1 else "int32"


def load_onnx() -> Any:
    """The onnx package with the parts that are needed, or an error that says what to install."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.inliner
        import onnx.numpy_helper
        import onnx.shape_inference
    except ImportError as error:
        raise EarnestError("expected the package onnx, found none: pip install 'earnest[onnx]'") from error
    return onnx
