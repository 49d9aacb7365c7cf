"""Roles: what each value is for, decided by who reads it, through layout and scaling."""

from earnest.numerics.table import Pointwise
from earnest.swapping.graph import Graph, Node
from earnest.swapping.recipe import Role
from earnest.swapping.recurrent_rules import RECURRENCES

READ_ROLES: dict[str, Role] = {
    "softmax": "scores",
    "add": "residual",
    "layer_norm": "residual",
    "rms_norm": "residual",
    "group_norm": "residual",
}
SYMMETRIC_READERS = ("matmul", "mul")
RESULT = "result"


def readers(graph: Graph, node: Node) -> list[Node | str]:
    """Operators that read a value, looking through layout; `result` where the model returns it."""
    found: list[Node | str] = [RESULT] if node is graph.result else []
    for user in node.users:
        found.extend(readers(graph, user) if user.moves_one else [user])
    return found


def source_of(node: Node) -> Node:
    """The operator whose value a chain of layout moves."""
    return source_of(node.inputs[0]) if node.moves_one else node


def role_of(graph: Graph, node: Node, *, handed_on: bool = True) -> Role:
    """The role of a value that is no layout; `handed_on` allows a product to a sum to be its accumulator."""
    kinds = [reader if isinstance(reader, str) else reader.kind for reader in readers(graph, node)]
    if node.kind == "softmax":
        return "probabilities"
    if RESULT in kinds:
        return "logits"
    if node.kind == "matmul" and set(kinds) == {"add"} and handed_on:
        return "accumulator"
    for kind, role in READ_ROLES.items():
        if kind in kinds:
            return role
    if node.kind == "constant":
        return "position"
    return "argument" if set(kinds) == {"function"} or reads_arguments(kinds) else "activation"


def reads_arguments(kinds: list[str]) -> bool:
    """True where recurrences alone read a value: it holds the arguments of their gates."""
    return bool(kinds) and set(kinds) <= set(RECURRENCES)


def symmetric(graph: Graph, node: Node) -> bool:
    """True where a reader multiplies the value with another activation: a zero point would cost it row sums."""
    return any(not isinstance(r, str) and r.kind in SYMMETRIC_READERS for r in readers(graph, node))


def function_reading(graph: Graph, node: Node) -> Pointwise | None:
    """The function whose table is all that reads a value, if there is one."""
    found = readers(graph, node)
    names = {r.settings["function"] if not isinstance(r, str) and r.kind == "function" else None for r in found}
    return names.pop() if len(names) == 1 else None
