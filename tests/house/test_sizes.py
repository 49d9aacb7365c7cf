"""The checker of sizes passes what is small and refuses each thing that is not."""

from pathlib import Path

import pytest

import sizes

LONG_FUNCTION = "def f(x):\n" + "    x = x + 1\n" * sizes.FUNCTION_LINES

BAD = {
    "long file": ("src/a.py", "x = 1\n" * (sizes.SOURCE_LINES + 1), "lines"),
    "long test": ("tests/test_a.py", "x = 1\n" * (sizes.TEST_LINES + 1), "lines"),
    "long C++ source": ("src/a.cpp", "int a;\n" * (sizes.SOURCE_LINES + 1), "lines"),
    "long C++ header": ("src/a.h", "int a;\n" * (sizes.SOURCE_LINES + 1), "lines"),
    "long C++ to include": ("src/a.inl", "int a;\n" * (sizes.SOURCE_LINES + 1), "lines"),
    "long line of C++": ("src/a.cpp", "//" + "x" * (sizes.CPP_COLUMNS - 1) + "\n", "columns"),
    "long line of a header": ("tests/a.h", "//" + "x" * (sizes.CPP_COLUMNS - 1) + "\n", "columns"),
    "long function": ("src/a.py", LONG_FUNCTION, "lines of code"),
    "long method": (
        "src/a.py",
        "class A:\n" + LONG_FUNCTION.replace("def f", " def f").replace("    ", "     "),
        "f has",
    ),
    "long coroutine": ("tools/a.py", "async " + LONG_FUNCTION, "lines of code"),
    "nameless": ("src/utils.py", "x = 1\n", "says nothing"),
    "home": ("README.md", "see " + "/".join(["", "home", "somebody", "x"]), "one machine"),
    "home on a Mac": ("results/ledger.jsonl", '"' + "/".join(["", "Users", "somebody"]) + '"', "one machine"),
    "home on Windows": ("docs/a.md", "C:" + "\\".join(["", "Users", "somebody"]), "one machine"),
    "root": ("Makefile", "PYTHON=" + "/".join(["", "root", "bin", "python"]), "one machine"),
    "work tree": ("src/a.toml", 'path = "' + "/".join(["", "work", "tree"]) + '"', "one machine"),
    "registry": (".ci/run", "pip install -i https://" + ".".join(["pypi", "org"]), "registry"),
}

GOOD = {
    "file at the limit": ("src/a.py", "x = 1\n" * sizes.SOURCE_LINES),
    "test at the limit": ("tests/test_a.py", "x = 1\n" * sizes.TEST_LINES),
    "C++ at the limits": ("src/a.cpp", ("//" + "x" * (sizes.CPP_COLUMNS - 2) + "\n") * sizes.SOURCE_LINES),
    "function at the limit": ("src/a.py", LONG_FUNCTION.replace("    x = x + 1\n", "", 1)),
    "long docstring": ("src/a.py", 'def f():\n    """Law.\n' + "    text\n" * 60 + '    """\n    return 1\n'),
    "comments": ("src/a.py", "def f():\n" + "    # why\n\n" * 60 + "    return 1\n"),
    "long test function": ("tests/test_a.py", LONG_FUNCTION),
    "address": ("README.md", "https://example.org/" + "home/page and ../w" + "ork/a and $X/w" + "ork/b"),
    "not text": ("results/a.bin", "\0" + "/".join(["", "home", "somebody"])),
}


def plant(folder: Path, name: str, content: str) -> None:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "good.py").write_text("x = 1\n")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(content)


@pytest.mark.parametrize(("name", "content", "message"), BAD.values(), ids=BAD.keys())
def test_what_is_bad_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    plant(tmp_path, name, content)
    (finding,) = sizes.findings(tmp_path)
    assert message in finding
    assert finding.startswith(name)


@pytest.mark.parametrize(("name", "content"), GOOD.values(), ids=GOOD.keys())
def test_what_is_good_passes(tmp_path: Path, name: str, content: str) -> None:
    plant(tmp_path, name, content)
    assert list(sizes.findings(tmp_path)) == []


def test_the_path_of_the_checkout_itself_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, "a.md", f"see {tmp_path}/src")
    assert list(sizes.findings(tmp_path)) == ["a.md:1: absolute path of one machine"]


def test_nothing_to_check_is_refused(tmp_path: Path) -> None:
    assert "found none" in next(sizes.findings(tmp_path))


def test_the_exit_status_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["sizes.py", str(tmp_path)])
    plant(tmp_path, "a.md", "short")
    assert sizes.main() == 0
    plant(tmp_path, "src/helpers.py", "x = 1\n")
    assert sizes.main() == 1


def test_this_checkout_is_small_enough(root: Path) -> None:
    assert list(sizes.findings(root)) == []
