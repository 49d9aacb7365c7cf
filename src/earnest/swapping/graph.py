"""The captured graph: every operator of the float model by the kinds of the law, before any grid is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from earnest.integer.dimension import Dimension

LAYOUT = ("reshape", "transpose", "slice", "pad", "concat", "relative_shift", "scaled")
"""Kinds that change no code; `scaled` multiplies by a positive constant, which only the grid notices."""


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """One operator: its kind, what it reads, its settings and parameters, and where it came from. `part_of` is the
    node that a pattern
    merged it into.
    """

    kind: str
    inputs: list["Node"]
    settings: dict[str, Any]
    parameters: dict[str, Tensor]
    path: str
    aten: str
    source: str
    name: str = ""
    users: list["Node"] = field(default_factory=list)
    part_of: "Node | None" = None

    @property
    def moves_one(self) -> bool:
        """True for layout of one value: a concat of different ones may have to bring them to one grid."""
        return self.kind in LAYOUT and len(set(map(id, self.inputs))) == 1

    def __repr__(self) -> str:
        return f"Node({self.name or self.path}: {self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of one operator of the exported graph: the nodes made for it, or in words why there is none."""

    aten: str
    path: str
    became: str
    nodes: tuple[Node, ...]


@dataclass(slots=True, kw_only=True)
class Graph:
    """Operators in order, the one whose value is returned, the shape of the input, and an account of every ATen
    operator. A decoder reads `tokens` too, `most_tokens` at most, and none of `padding`.
    """

    nodes: list[Node]
    result: Node
    input: Node
    input_shape: tuple[Dimension, ...]
    shortest: int
    longest: int
    tokens: Node | None
    most_tokens: int
    padding: frozenset[int]
    accounts: Sequence[Account]


def entries(graph: Graph) -> list[Node]:
    """What the model reads."""
    return [graph.input] if graph.tokens is None else [graph.input, graph.tokens]


def link(graph: Graph) -> None:
    """Fill in the users of every node."""
    for node in graph.nodes:
        node.users = []
    for node in graph.nodes:
        for source in node.inputs:
            source.users.append(node)


def name_nodes(graph: Graph, model: nn.Module) -> None:
    """Names by module path: the one operator of a leaf module has the module's path, others `path.kind[k]`, k in the
    order of that module's forward; a parameter that is a value has its own path.
    """
    by_path: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node not in entries(graph):
            by_path.setdefault(node.path, []).append(node)
    modules: Mapping[str, nn.Module] = dict(model.named_modules())
    for path, nodes in by_path.items():
        module = modules.get(path)
        leaf = module is not None and path != "" and not any(True for _ in module.children())
        real = [node for node in nodes if node.kind not in LAYOUT]
        own = real if len(real) == 1 else nodes if len(nodes) == 1 else []
        counts: dict[str, int] = {}
        for node in nodes:
            if "parameter_path" in node.settings:
                node.name = node.settings.pop("parameter_path")
            elif leaf and node in own:
                node.name = path
            else:
                index = counts.get(node.kind, 0)
                counts[node.kind] = index + 1
                node.name = f"{path}.{node.kind}[{index}]" if path else f"{node.kind}[{index}]"
