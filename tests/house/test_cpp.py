"""The formatter and the linter of the C++ refuse what is planted, with the settings of this checkout."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(sys.executable).parent

GOOD = """// A sum.
namespace {

int sum(const int* values, int count) {
  int total = 0;
  for (int i = 0; i < count; ++i) total += values[i];
  return total;
}

}  // namespace

int twice(const int* values, int count) { return 2 * sum(values, count); }
"""

MISPLACED = GOOD.replace("int total = 0;", "int   total=0;")

PLANTED = {
    "variable without a value": (("int total = 0;", "int total;"), "cppcoreguidelines-init-variables"),
    "assignment that is no comparison": (
        ("return total;", "if (total = count) return 0;\n  return total;"),
        "bugprone-assignment-in-if-condition",
    ),
    "float that becomes an integer": (("return 2 *", "return 2.5F * 3 / 2 *"), "bugprone-narrowing-conversions"),
    "branch twice": (
        ("return total;", "if (total > 3) {\n    total = 1;\n  } else {\n    total = 1;\n  }\n  return total;"),
        "bugprone-branch-clone",
    ),
}


def verdict(root: Path, tmp_path: Path, tool: str, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What a tool says of a file, by the settings that lie in the root."""
    program = TOOLS / tool
    if not program.exists():
        pytest.skip(f"needs {tool}, as pyproject.toml pins it")
    for settings in (".clang-format", ".clang-tidy"):
        shutil.copy(root / settings, tmp_path)
    (tmp_path / "sum.cpp").write_text(text, encoding="utf-8")
    command = [str(program), *options, "sum.cpp"]
    if tool == "clang-tidy":
        command += ["--", "-std=c++17"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_what_is_well_placed_passes(root: Path, tmp_path: Path):
    assert verdict(root, tmp_path, "clang-format", GOOD, "--dry-run", "--Werror").returncode == 0


def test_what_is_misplaced_is_refused(root: Path, tmp_path: Path):
    done = verdict(root, tmp_path, "clang-format", MISPLACED, "--dry-run", "--Werror")
    assert done.returncode != 0
    assert "clang-format-violations" in done.stderr


def test_what_is_good_passes(root: Path, tmp_path: Path):
    done = verdict(root, tmp_path, "clang-tidy", GOOD, "--quiet")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_bad_is_refused(root: Path, tmp_path: Path, name: str):
    change, check = PLANTED[name]
    text = GOOD.replace(*change)
    assert text != GOOD
    done = verdict(root, tmp_path, "clang-tidy", text, "--quiet")
    assert done.returncode != 0
    assert check in done.stdout
