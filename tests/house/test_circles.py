"""No files import each other in a circle, not even where only the types are needed."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

COMPILED = {"earnest.engine._native"}
"""Modules that have no Python file."""


def imports(source: Path) -> dict[str, set[str]]:
    """The modules that every module below a folder imports, wherever the statement stands."""
    files = {_name(path, source): path for path in source.rglob("*.py")}
    known = {*files, *COMPILED}
    return {name: {each for each in _imported(path, known) if each != name} for name, path in files.items()}


def _name(path: Path, source: Path) -> str:
    return ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, known: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from (name for name in [inner if inner in known else node.module] if name in known)


def test_there_is_no_circle(root: Path) -> None:
    graph = imports(root / "src")
    assert len(graph) > 300
    graphlib.TopologicalSorter(graph).prepare()


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("def late():\n    from two import x\n", encoding="utf-8")
    (tmp_path / "two.py").write_text("import three\n", encoding="utf-8")
    (tmp_path / "three.py").write_text("from one import y\n", encoding="utf-8")
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(imports(tmp_path)).prepare()
