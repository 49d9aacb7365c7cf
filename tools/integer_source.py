"""Refuse whatever in the source of the law could compute in float: `python tools/integer_source.py FOLDER`.

A list of what is legal rather than of what is forbidden, wherever that can be: imports, the names used of an array
namespace, the types asked for. The rest (literals, operators, builtins) is refused by kind. A scan cannot see the
values at run time; the oracle tests do.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import integer_bindings as bindings
import integer_legal as legal

FLOAT_NAME = re.compile(
    r"b?float_?|b?float\d+(_\w+)?|c?longdouble|c?longfloat|double|c(double|float|single)|complex_?|complex\d+"
    r"|floating|inexact|complexfloating|uint64|ulonglong|half|single|bf16|fp(8|16|32|64)|e[2-8]m[0-7]\w*"
)
"""Identifiers that are a float type, or the uint64 that becomes one beside an int64."""

ROUNDING_WORDS = {"half", "single", "double"}
"""Words that only mean a type as an attribute or a string; a variable may bear them."""

Finding = tuple[int, str]


def scan(source: str) -> list[Finding]:
    """The findings in one module's source, by line."""
    return sorted(set(_Scan(ast.parse(source)).findings()))


def scan_folder(folder: Path) -> Iterator[str]:
    """The findings in a folder, as lines to print; a folder without source is a finding too."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    if not any(path.suffix == ".py" for path in files):
        yield f"{folder}: expected Python source, found none"
    for path in files:
        if path.suffix == ".py":
            yield from (f"{path}:{line}: {what}" for line, what in scan(path.read_text(encoding="utf-8")))
        elif path.suffix == ".toml":
            if _has_float(tomllib.loads(path.read_text(encoding="utf-8"))):
                yield f"{path}: expected integers, got a float value"
        else:
            yield f"{path}: expected Python source or TOML data only"


def _has_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_float(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_float(item) for item in value)
    return isinstance(value, float)


def is_float_string(text: str) -> bool:
    """Whether a string names a float or complex type, for numpy or for any other library."""
    if any(FLOAT_NAME.fullmatch(part) for part in text.split(".")):
        return True
    try:
        dtype = np.dtype(text)
    except (TypeError, ValueError, SyntaxError):
        return False
    kinds = {dtype.kind} if dtype.fields is None else {field[0].kind for field in dtype.fields.values()}
    return bool(kinds & set("fc")) or (len(text) > 1 and dtype.kind == "u" and dtype.itemsize > 4)


class _Scan:
    """One module: who its names are, then every node against the lists."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
        self.arrays = {"np", "xp"} | bindings.namespaces(tree)
        self.partial = bindings.partials(tree)
        self.rooms = bindings.rooms(tree)
        self.functions = bindings.functions(tree)
        self.strings = bindings.strings(tree)

    def findings(self) -> Iterator[Finding]:
        checks = {
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Constant: self._constant,
            ast.BinOp: self._binary,
            ast.AugAssign: self._binary,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.keyword: self._keyword,
            ast.arg: self._argument,
        }
        for node in ast.walk(self.tree):
            for what in checks.get(type(node), _nothing)(node):
                yield getattr(node, "lineno", 0), what

    def _import(self, node: ast.Import) -> Iterator[str]:
        for alias in node.names:
            known = legal.MODULES | legal.ARRAY_MODULES | set(legal.NAMES)
            if alias.name not in known and not alias.name.startswith("earnest.integer"):
                yield f"import of {alias.name}: not on the list"
            if "." in alias.name and alias.asname is None:
                yield f"import of {alias.name}: expected `from ... import ...` or `as`, which bind one name"

    def _import_from(self, node: ast.ImportFrom) -> Iterator[str]:
        module = node.module or ""
        if node.level:
            yield "relative import: expected an absolute one"
        for alias in node.names:
            whole = f"{module}.{alias.name}"
            if alias.name == "array_namespace" and alias.asname is not None:
                yield "array_namespace under another name"
            if alias.name == "*":
                yield f"import of everything from {module}"
            elif module in legal.ARRAY_MODULES:
                if alias.name not in legal.ARRAY_NAMES - {"dtype", "typing"} - legal.DTYPE_REQUIRED:
                    yield f"import of {whole}: not on the list; use it as an attribute of the namespace"
            elif module in legal.NAMES:
                if alias.name not in legal.NAMES[module]:
                    yield f"import of {whole}: not on the list"
            elif not self._is_own(module, alias.name) and not {module, whole} & legal.MODULES:
                yield f"import of {whole}: not on the list"

    @staticmethod
    def _is_own(module: str, name: str) -> bool:
        own = module == "earnest.integer" or module.startswith("earnest.integer.")
        return own or (module == "earnest" and name in {"errors", "integer"})

    def _constant(self, node: ast.Constant) -> Iterator[str]:
        if isinstance(node.value, float | complex):
            yield f"float literal {node.value!r}"
        inside = self.parents.get(node)
        if not isinstance(node.value, str) or isinstance(inside, ast.Expr | ast.JoinedStr):
            return
        if is_float_string(node.value):
            yield f"string {node.value!r} names a float type"

    def _binary(self, node: ast.BinOp | ast.AugAssign) -> Iterator[str]:
        if isinstance(node.op, ast.Div):
            yield "true division: use // or round_divide"
        if isinstance(node.op, ast.Pow):
            power = node.right if isinstance(node, ast.BinOp) else node.value
            if not (isinstance(power, ast.Constant) and isinstance(power.value, int) and power.value >= 0):
                yield "power with an exponent that is no literal >= 0: use <<, or a product"

    def _name(self, node: ast.Name) -> Iterator[str]:
        if node.id in legal.BUILTINS_REFUSED:
            yield f"builtin {node.id}"
        elif FLOAT_NAME.fullmatch(node.id) and node.id not in ROUNDING_WORDS:
            yield f"name {node.id} is a float type"
        elif node.id.startswith("__") and node.id not in legal.DUNDERS:
            yield f"name {node.id}: not on the list"
        elif node.id in {"getattr", "array_namespace"} and not self._is_called(node):
            yield f"{node.id} under another name"
        elif node.id in self.arrays | self.partial.keys() and not self._is_plain_use(node):
            yield f"namespace {node.id} passed on: expected only {node.id}.<name>, or a parameter xp"

    def _is_plain_use(self, node: ast.Name) -> bool:
        """Bound, or the base of an attribute, or handed to a parameter `xp` by keyword or to this module's function."""
        parent = self.parents.get(node)
        if isinstance(parent, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            return True
        if isinstance(parent, ast.keyword):
            return parent.arg == "xp"
        if not isinstance(parent, ast.Call) or not isinstance(parent.func, ast.Name):
            return False
        parameters = self.functions.get(parent.func.id, [])
        return node in parent.args and parameters[parent.args.index(node) :][:1] == ["xp"]

    def _is_called(self, node: ast.expr) -> bool:
        parent = self.parents.get(node)
        return isinstance(parent, ast.Call) and parent.func is node

    def _attribute(self, node: ast.Attribute) -> Iterator[str]:
        base = node.value.id if isinstance(node.value, ast.Name) else ""
        if self._is_namespace(node.value):
            if node.attr not in legal.ARRAY_NAMES:
                yield f"{ast.unparse(node)}: not on the list of integer operations"
            elif node.attr in legal.DTYPE_REQUIRED | {"dtype"} and not self._is_called_or_subscripted(node):
                yield f"{ast.unparse(node)} under another name"
        elif base in self.partial:
            if node.attr not in legal.NAMES[self.partial[base]]:
                yield f"{ast.unparse(node)}: not on the list"
        elif base not in self.rooms:
            yield from self._method(node, base)
        if node.attr.startswith("__") and node.attr not in legal.DUNDERS:
            yield f"attribute {node.attr}: not on the list"

    def _method(self, node: ast.Attribute, base: str) -> Iterator[str]:
        if FLOAT_NAME.fullmatch(node.attr) and node.attr not in ROUNDING_WORDS:
            yield f"attribute {node.attr} is a float type"
        elif node.attr in legal.METHODS_REFUSED and (base != "self" or self._is_called(node)):
            yield f"method {node.attr} computes in float"

    def _is_called_or_subscripted(self, node: ast.expr) -> bool:
        parent = self.parents.get(node)
        annotation = isinstance(parent, ast.Subscript | ast.arg | ast.AnnAssign | ast.FunctionDef | ast.BinOp)
        return self._is_called(node) or annotation

    def _is_namespace(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id == "array_namespace"
        return isinstance(node, ast.Name) and node.id in self.arrays

    def _call(self, node: ast.Call) -> Iterator[str]:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        own = isinstance(node.func, ast.Attribute) and self._is_namespace(node.func.value)
        keywords = {keyword.arg for keyword in node.keywords}
        if own and name in legal.DTYPE_REQUIRED and "dtype" not in keywords:
            yield f"{ast.unparse(node.func)} without dtype= gives floats"
        if name in legal.DTYPE_FIRST and node.args:
            yield from self._dtype(node.args[1] if own and name == "astype" and len(node.args) > 1 else node.args[0])
        if isinstance(node.func, ast.Name) and node.func.id in {"getattr", "setattr", "hasattr"}:
            yield from self._getattr(node)
        if name in {"load", "loads"} and "parse_float" not in keywords:
            yield f"{ast.unparse(node.func)} without parse_float= lets floats in: give it a function that refuses"
        if self._is_namespace(node) and not self._is_bound(node):
            yield "array_namespace(...) passed on: expected `xp = array_namespace(...)`"

    def _is_bound(self, node: ast.Call) -> bool:
        return isinstance(self.parents.get(node), ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.Attribute)

    def _getattr(self, node: ast.Call) -> Iterator[str]:
        name = node.args[1] if len(node.args) > 1 else None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield from self._attribute(ast.Attribute(node.args[0], name.value, ast.Load()))
        elif not (isinstance(node.args[0], ast.Name) and node.args[0].id == "self"):
            yield "getattr by a computed name, of something else than self"

    def _keyword(self, node: ast.keyword) -> Iterator[str]:
        if node.arg == "dtype":
            yield from self._dtype(node.value)

    def _dtype(self, node: ast.expr) -> Iterator[str]:
        if isinstance(node, ast.IfExp):
            yield from self._dtype(node.body)
            yield from self._dtype(node.orelse)
        elif isinstance(node, ast.Constant):
            if not isinstance(node.value, str):
                yield f"type {node.value!r}: expected an integer type by its name"
        elif isinstance(node, ast.Name) and node.id in self.strings:
            yield f"type {node.id} is a string that this scan cannot read"
        elif not isinstance(node, ast.Attribute | ast.Name | ast.Subscript):
            yield f"type {ast.unparse(node)} is computed: expected a name, an attribute or an item of a table"

    def _argument(self, node: ast.arg) -> Iterator[str]:
        if FLOAT_NAME.fullmatch(node.arg) and node.arg not in ROUNDING_WORDS:
            yield f"argument {node.arg} is a float type"


def _nothing(_node: ast.AST) -> Iterator[str]:
    return iter(())


def main() -> int:
    """Print the findings in the folders named on the command line; 1 if there are any."""
    folders = [Path(argument) for argument in sys.argv[1:]]
    if not folders:
        print("usage: python tools/integer_source.py FOLDER...", file=sys.stderr)
        return 2
    findings = [finding for folder in folders for finding in scan_folder(folder)]
    print("\n".join(findings) or "integer source: no float found", file=sys.stderr if findings else sys.stdout)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
