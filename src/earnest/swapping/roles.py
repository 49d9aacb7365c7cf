"""Roles: what each value is for, decided by who reads it, through layout and scaling."""

from collections.abc import Iterator

from earnest.nn.site import Role
from earnest.nn.twins.add import Add
from earnest.nn.twins.matmul import MatMul
from earnest.nn.twins.table import Function
from earnest.numerics.table import Pointwise
from earnest.swapping.graph.graph import Graph, Node

ORDER: tuple[Role, ...] = (
    "probabilities",
    "logits",
    "accumulator",
    "scores",
    "residual",
    "position",
    "argument",
    "activation",
)
"""Of the roles that a value could have the first is its own."""


def readers(graph: Graph, node: Node) -> list[Node]:
    """Operators that read a value, looking through layout."""
    found: list[Node] = []
    for user in graph.users[node]:
        found.extend(readers(graph, user) if user.moves_one else [user])
    return found


def is_result(graph: Graph, node: Node) -> bool:
    """Whether the model returns a value, looking through layout."""
    moved = (user for user in graph.users[node] if user.moves_one)
    return node is graph.result or any(is_result(graph, user) for user in moved)


def source_of(node: Node) -> Node:
    """The operator whose value a chain of layout moves."""
    return source_of(node.inputs[0]) if node.moves_one else node


def role_of(graph: Graph, node: Node, *, handed_on: bool = True) -> Role:
    """The role of a value that is no layout; `handed_on` allows a product to a sum to be its accumulator."""
    return min(_roles(graph, node, handed_on=handed_on), key=ORDER.index)


def _roles(graph: Graph, node: Node, *, handed_on: bool) -> Iterator[Role]:
    """Every role that a value could have."""
    reading = [reader.twin for reader in readers(graph, node) if reader.twin is not None]
    yield "activation"
    if node.twin is not None and node.twin.makes is not None:
        yield node.twin.makes
    if is_result(graph, node):
        yield "logits"
    elif handed_on and node.is_a(MatMul) and reading and all(issubclass(twin, Add) for twin in reading):
        yield "accumulator"
    asked: set[Role] = {twin.reads for twin in reading}
    for role in asked:
        if role != "argument" or (len(asked) == 1 and not is_result(graph, node)):
            yield role


def symmetric(graph: Graph, node: Node) -> bool:
    """True where a reader asks for a value without a zero point."""
    return any(reader.twin is not None and reader.twin.symmetric for reader in readers(graph, node))


def function_reading(graph: Graph, node: Node) -> Pointwise | None:
    """The function whose table is all that reads a value, if there is one."""
    if is_result(graph, node):
        return None
    found = {reader.settings["function"] if reader.is_a(Function) else None for reader in readers(graph, node)}
    return found.pop() if len(found) == 1 else None
