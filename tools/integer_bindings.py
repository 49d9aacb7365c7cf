"""What the names of a module stand for, read from its syntax tree: the ground that `integer_source` stands on."""

import ast
from collections.abc import Iterator

import integer_legal as legal


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every bound name and the full name of what it is bound to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def namespaces(tree: ast.Module) -> set[str]:
    """Names that stand for an array namespace."""
    names = {bound for bound, full in _imports(tree) if full in legal.ARRAY_MODULES}
    calls: set[ast.expr] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("array_namespace"):
            calls.add(node)
    return {name for name, value in _assignments(tree) if value in calls} | names


def partials(tree: ast.Module) -> dict[str, str]:
    """Names of imported modules of which only some names are legal."""
    return {bound: full for bound, full in _imports(tree) if full in legal.NAMES}


def rooms(tree: ast.Module) -> set[str]:
    """Names imported from the law itself, whose attributes are its own functions."""
    return {bound for bound, full in _imports(tree) if full.startswith("earnest.integer")}


def strings(tree: ast.Module) -> set[str]:
    """Names that are assigned a string somewhere in the module."""
    return {name for name, value in _assignments(tree) if any(_is_string(part) for part in _top(value))}


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Every name that is assigned, with the expression."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node.value) for target in targets if isinstance(target, ast.Name))


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _top(node: ast.expr) -> Iterator[ast.expr]:
    """An expression, and the terms if it is a sum, a choice or a method of one."""
    yield node
    if isinstance(node, ast.BinOp):
        yield from _top(node.left)
        yield from _top(node.right)
    elif isinstance(node, ast.IfExp):
        yield from _top(node.body)
        yield from _top(node.orelse)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _top(node.func.value)


def functions(tree: ast.Module) -> dict[str, list[str]]:
    """The positional parameters of the module's own functions."""
    outer = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return {node.name: [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)] for node in outer}
