"""The exported graph without nesting: every node with its arguments, module path, source line and sizes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx
from torch.export import ExportedProgram

from earnest.errors import CaptureError

INPUTS = ("features", "tokens")
"""What a model reads, in the order of its arguments."""

TYPE_ONLY = ("aten.type_as.default",)
"""Operators that read nothing of their second operand but its type."""


@dataclass(slots=True, eq=False)
class Flat:
    """One node. `target` is an ATen overload or a function on sizes; for a leaf it is one of `INPUTS`, `parameter` or
    `buffer`.
    """

    name: str
    target: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: Any
    path: str
    source: str
    tensor: Tensor | None = None
    users: list["Flat"] = field(default_factory=list)

    @property
    def operator(self) -> str:
        """The operator as a reader knows it: `aten.linear.default`."""
        return str(self.target)

    @property
    def is_input(self) -> bool:
        """True for what the model reads."""
        return self.target in INPUTS

    @property
    def is_size(self) -> bool:
        """True for integers that are computed from shapes."""
        return isinstance(self.value, (int, torch.SymInt)) and not isinstance(self.value, bool)

    def argument(self, index: int, name: str, default: Any = None) -> Any:
        """An argument by position or by name; the default where it is absent or None."""
        given = self.args[index] if index < len(self.args) else self.kwargs.get(name)
        return default if given is None else given

    def inputs(self) -> list["Flat"]:
        """Nodes among the arguments, nested ones too; of one that is asked for its type alone, nothing is read."""
        return list(_nodes(self.args[:1] if self.operator in TYPE_ONLY else (self.args, self.kwargs)))


def _nodes(argument: Any) -> Iterator[Flat]:
    if isinstance(argument, Flat):
        yield argument
    elif isinstance(argument, (list, tuple)):
        for item in argument:
            yield from _nodes(item)
    elif isinstance(argument, dict):
        yield from _nodes(list(argument.values()))


def module_path(node: fx.Node) -> str:
    """The path of the module in whose forward the operator stands."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [entry[0] for entry in stack.values()]
    return paths[-1] if paths and not paths[-1].startswith("_empty") else ""


def source_line(node: fx.Node) -> str:
    """File and line of the Python statement."""
    lines = re.findall(r'File "([^"]+)", line (\d+)', node.meta.get("stack_trace") or "")
    return f"{lines[-1][0]}:{lines[-1][1]}" if lines else "unknown source"


def flatten(exported: ExportedProgram) -> tuple[list[Flat], Flat]:
    """All nodes in order, sub-graphs inlined, and the single tensor that the model returns."""
    leaves = _leaves(exported)
    walker = _Walker(exported.graph_module, leaves)
    outputs = [node for node in walker.walk(exported.graph_module, {}) if isinstance(node, Flat)]
    if len(outputs) != 1:
        raise CaptureError(f"expected a model that returns one tensor, got {len(outputs)}: wrap it so that it does")
    for node in walker.nodes:
        for source in node.inputs():
            source.users.append(node)
    return walker.nodes, outputs[0]


def _leaves(exported: ExportedProgram) -> Mapping[str, tuple[str, str, Tensor | None]]:
    """Placeholder name to (kind, path, tensor)."""
    signature, leaves, inputs = exported.graph_signature, {}, iter(INPUTS)
    tensors = {**exported.state_dict, **exported.constants}
    for spec in signature.input_specs:
        kind = spec.kind.name
        if kind == "USER_INPUT":
            leaves[spec.arg.name] = (next(inputs), "", None)
        elif kind in ("PARAMETER", "BUFFER", "CONSTANT_TENSOR"):
            target = str(spec.target)
            leaves[spec.arg.name] = ("parameter" if kind == "PARAMETER" else "buffer", target, tensors[target])
        else:
            raise CaptureError(f"the graph has an input of kind {kind}, which is not supported")
    return leaves


class _Walker:
    """Inlines sub-graphs while it copies nodes."""

    def __init__(self, root: fx.GraphModule, leaves: Mapping[str, tuple[str, str, Tensor | None]]) -> None:
        self.root, self.leaves, self.nodes = root, leaves, []

    def walk(self, module: fx.GraphModule, given: Mapping[fx.Node, Any]) -> list[Any]:
        """Copy one graph; returns what it outputs."""
        env: dict[fx.Node, Any] = dict(given)
        for node in module.graph.nodes:
            if node in env:
                continue
            if node.op == "output":
                return [env[item] for item in self._flat_outputs(node) if isinstance(item, fx.Node)]
            env[node] = self._copy(module, node, env)
        return []

    @staticmethod
    def _flat_outputs(node: fx.Node) -> list[Any]:
        (outputs,) = node.args
        return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]

    def _copy(self, module: fx.GraphModule, node: fx.Node, env: Mapping[fx.Node, Any]) -> Any:
        if node.op == "placeholder":
            return self._leaf(node)
        if node.op == "get_attr":
            return self._attribute(module, node)
        if "wrap_with" in str(node.target):
            return self._inline(_resolve(node.args, env))
        args, kwargs = _resolve(node.args, env), _resolve(node.kwargs, env)
        if getattr(node.target, "__name__", "") == "getitem" and isinstance(args[0], list):
            return args[0][args[1]]
        value = node.meta.get("val")
        return self._add(Flat(node.name, node.target, args, kwargs, value, module_path(node), source_line(node)))

    def _inline(self, arguments: tuple[Any, ...]) -> list[Any]:
        """A sub-graph that torch wrapped; the first argument is its setting, the second the graph."""
        submodule: fx.GraphModule = arguments[1]
        inner = [node for node in submodule.graph.nodes if node.op == "placeholder"]
        return self.walk(submodule, dict(zip(inner, arguments[2:], strict=True)))

    def _leaf(self, node: fx.Node) -> Flat:
        kind, path, tensor = self.leaves[node.name]
        return self._add(Flat(node.name, kind, (), {}, node.meta.get("val"), path, "", tensor))

    def _attribute(self, module: fx.GraphModule, node: fx.Node) -> Any:
        value = getattr(module, str(node.target))
        if isinstance(value, fx.GraphModule):
            return value
        return self._add(Flat(node.name, "buffer", (), {}, value, str(node.target), "", value))

    def _add(self, node: Flat) -> Flat:
        self.nodes.append(node)
        return node


def _resolve(argument: Any, env: Mapping[fx.Node, Any]) -> Any:
    """Arguments with fx nodes replaced by flat ones."""
    if isinstance(argument, fx.Node):
        return env[argument]
    if isinstance(argument, (list, tuple)):
        return tuple(_resolve(item, env) for item in argument)
    if isinstance(argument, dict):
        return {key: _resolve(item, env) for key, item in argument.items()}
    return argument


def needed(nodes: Sequence[Flat], result: Flat) -> set[Flat]:
    """What the result depends on, and whatever overwrites a value."""
    found: set[Flat] = set()
    for node in reversed(nodes):
        overwrites = node.operator.startswith("aten.") and node.operator.split(".")[1].endswith("_")
        if node is result or overwrites or any(user in found for user in node.users):
            found.add(node)
    return found
