"""The captured graph: every operator of the float model by its twin, before any grid is chosen. Nothing writes to
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from earnest.integer.dimension import Dimension
from earnest.nn.layout import Layout
from earnest.nn.twin import Twin


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """One operator: the twin that it becomes, or one of whose forms, what it reads, its settings and parameters, and
    where it came from. What the model reads has no twin.
    """

    name: str
    twin: type[Twin] | None
    inputs: tuple["Node", ...]
    settings: Mapping[str, Any]
    parameters: Mapping[str, Tensor]
    aten: str
    source: str

    @property
    def kind(self) -> str:
        """The operator of the law by which a recipe and a target call it."""
        return self.name if self.twin is None else self.twin.kind

    def is_a(self, *twins: type[Twin]) -> bool:
        """Whether it becomes one of these."""
        return self.twin is not None and issubclass(self.twin, twins)

    @property
    def moves_one(self) -> bool:
        """True for layout of one value: a concat of different ones may have to bring them to one grid."""
        return self.is_a(Layout) and len(set(map(id, self.inputs))) == 1

    def __repr__(self) -> str:
        return f"Node({self.name}: {self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of one operator of the exported graph: the nodes made for it, the node that it is a `part_of`, or in
    words why there is none.
    """

    aten: str
    path: str
    became: str
    nodes: tuple[Node, ...]
    part_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Operators in order, who reads each, the one whose value is returned, the shape of the input, and an account of
    every ATen operator. A decoder reads `tokens` too, `most_tokens` at most, and none of `padding`.
    """

    nodes: tuple[Node, ...]
    users: Mapping[Node, tuple[Node, ...]]
    result: Node
    input: Node
    input_shape: tuple[Dimension, ...]
    shortest: int
    longest: int
    tokens: Node | None
    most_tokens: int
    padding: frozenset[int]
    accounts: tuple[Account, ...]

    @property
    def operators(self) -> tuple[Node, ...]:
        """All nodes but what the model reads."""
        return tuple(node for node in self.nodes if node.twin is not None)
