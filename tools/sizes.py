"""Refuse what grows too large or holds what is only true on one machine: `python tools/sizes.py ROOT`.

Lines per file, lines of code per function, columns of C++ (in Python the linter counts them), names of files that say
nothing, absolute paths of a machine, and hosts of package registries (which index to use is the reader's own affair).
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE_LINES, TEST_LINES, FUNCTION_LINES, CPP_COLUMNS = 320, 500, 45, 120
CPP = {".cpp", ".h", ".inl"}
NAMELESS = {"common.py", "helper.py", "helpers.py", "misc.py", "util.py", "utils.py"}
SKIPPED_FOLDERS = {".git", ".hypothesis", ".pytest_cache", ".ruff_cache", "__pycache__", "build", "dist", "runs"}
MACHINE_PATH = re.compile(r"(?<![\w.~:/$}-])/(?:home|Users|root|work|workspace|mnt)/[\w.-]+|\b[A-Z]:\\Users\\\w+")
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|download\.pytorch\.org|conda\.anaconda\.org")


def findings(root: Path) -> Iterator[str]:
    """What is wrong in the files of a checkout, as lines to print."""
    paths = list(files(root))
    if not any(path.suffix == ".py" for path in paths):
        yield f"{root}: expected Python files, found none"
    for path in paths:
        name = path.relative_to(root)
        if path.name in NAMELESS:
            yield f"{name}: a name that says nothing; name the file after what it holds"
        text = read(path)
        for line, content in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(content) or f"{root.resolve()}/" in content:
                yield f"{name}:{line}: absolute path of one machine"
            if REGISTRY.search(content):
                yield f"{name}:{line}: host of a package registry"
        test = name.parts[0] == "tests"
        if path.suffix == ".py" or path.suffix in CPP:
            yield from lengths(str(name), text, TEST_LINES if test else SOURCE_LINES)
        if path.suffix == ".py" and not test:
            yield from functions(str(name), text)
        if path.suffix in CPP:
            yield from columns(str(name), text)


def lengths(name: str, text: str, limit: int) -> Iterator[str]:
    """Whether a file has too many lines."""
    count = len(text.splitlines())
    if count > limit:
        yield f"{name}: expected at most {limit} lines, got {count}; split it by subject"


def columns(name: str, text: str) -> Iterator[str]:
    """The lines of a C++ file that are too long."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > CPP_COLUMNS:
            yield f"{name}:{number}: expected at most {CPP_COLUMNS} columns, got {len(line)}"


def functions(name: str, text: str) -> Iterator[str]:
    """The functions of a Python file that are too long."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = code_lines(node, lines)
            if count > FUNCTION_LINES:
                yield f"{name}:{node.lineno}: {node.name} has {count} lines of code; expected at most {FUNCTION_LINES}"


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """Lines of a function without its docstring, blank lines and comments."""
    numbers = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    if ast.get_docstring(node) is not None:
        numbers -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    stripped = (lines[number - 1].strip() for number in numbers)
    return sum(bool(line) and not line.startswith("#") for line in stripped)


def files(root: Path) -> Iterator[Path]:
    """The files of a checkout that git tracks or would; all of them where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        yield from sorted(walk(root))
    else:
        yield from sorted(path for name in listed.decode().split("\0") if name and (path := root / name).is_file())


def walk(folder: Path) -> Iterator[Path]:
    """Every file below a folder, without caches and virtual environments."""
    for path in folder.iterdir():
        if path.is_dir() and path.name not in SKIPPED_FOLDERS and not (path / "pyvenv.cfg").exists():
            yield from walk(path)
        elif path.is_file():
            yield path


def read(path: Path) -> str:
    """The text of a file; nothing if it is not text."""
    content = path.read_bytes()
    return "" if b"\0" in content[:4096] else content.decode("utf-8", errors="replace")


def main() -> int:
    """Print the findings in the checkout named on the command line; 1 if there are any."""
    if len(sys.argv) != 2:
        print("usage: python tools/sizes.py ROOT", file=sys.stderr)
        return 2
    found = list(findings(Path(sys.argv[1])))
    print("\n".join(found) or "sizes: nothing too large", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
