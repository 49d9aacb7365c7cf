"""The engine under AddressSanitizer and UndefinedBehaviorSanitizer; two planted bugs show that they are awake."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

RUN = """
import pathlib, sys
import pytest
from earnest.engine import _native
assert pathlib.Path(_native.__file__).parent == pathlib.Path(sys.argv[1]), _native.__file__
sys.exit(pytest.main(sys.argv[2:]))
"""


def called(command: list[str], **settings) -> subprocess.CompletedProcess[str]:
    """A command whose output is kept, both streams in one."""
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **settings
    )


def runtimes() -> list[str]:
    """The libraries of both sanitizers, which must be there before Python is."""
    compiler = shutil.which("gcc")
    names = ("libasan.so", "libubsan.so")
    paths = [called([compiler, f"-print-file-name={name}"]).stdout.strip() for name in names] if compiler else []
    if not paths or not all(Path(path).is_absolute() for path in paths):
        pytest.skip(f"needs gcc with {names}, got {paths}")
    return paths


class Tree:
    """A copy of the package's source, and the engine that is built from it with sanitizers."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.source, self.build = root, folder / "source", folder / "build"
        self.runtimes = runtimes()
        shutil.copytree(root / "src", self.source / "src", ignore=shutil.ignore_patterns("__pycache__", "_native*.so"))
        shutil.copy(root / "CMakeLists.txt", self.source)
        self.package = self.source / "src" / "earnest" / "engine"
        python = f"-DPython_EXECUTABLE={sys.executable}"
        self._expect(["cmake", "-S", str(self.source), "-B", str(self.build), "-DEARNEST_SANITIZE=ON", python])
        self.make()

    @staticmethod
    def _expect(command: list[str]) -> None:
        done = called(command)
        assert done.returncode == 0, done.stdout[-4000:]

    def make(self) -> None:
        """Build what has changed, and put it where it is imported."""
        self._expect(["cmake", "--build", str(self.build), "--parallel", "2"])
        (built,) = self.build.glob("_native*.so")
        shutil.copy(built, self.package)

    def run(self, *tests: str) -> subprocess.CompletedProcess[str]:
        """Tests of the engine on the sanitized one."""
        path = [str(self.source / "src"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LD_PRELOAD": " ".join(self.runtimes),
            "ASAN_OPTIONS": "detect_leaks=0",  # Python itself leaks
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        }
        # -S: without `site`, which would find the installed earnest before the copy. -s shows the last words.
        command = [sys.executable, "-S", "-c", RUN, str(self.package), "-p", "no:cacheprovider", "-qsx", *tests]
        return called(command, cwd=self.root, env=environment)


@pytest.fixture(scope="module")
def tree(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Built once: that takes minutes."""
    if shutil.which("cmake") is None:
        pytest.skip("needs cmake")
    if importlib.util.find_spec("nanobind") is None:
        pytest.skip("needs nanobind in the interpreter: pip install nanobind, as pyproject.toml pins it")
    return Tree(root, tmp_path_factory.mktemp("sanitized"))


def test_sanitizers_are_silent(tree: Tree):
    done = tree.run("tests/engine/test_operators.py", "tests/engine/test_random_programs.py")
    assert done.returncode == 0, done.stdout[-8000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 300
    assert "Sanitizer" not in done.stdout
    assert "runtime error" not in done.stdout


READ = "const void* from = data.get();"
PLANTED = {
    "a read behind the end": (
        "load_code(from, type, index)",
        "load_code(from, type, index + 1)",
        "AddressSanitizer: heap-buffer-overflow",
    ),
    "a sum that overflows": (
        READ,
        f"volatile int32_t most = INT32_MAX; most = most + 1; {READ}",
        "runtime error: signed integer overflow",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_noticed(tree: Tree, name: str):
    before, after, message = PLANTED[name]
    path = tree.package / "native" / "program" / "record.cpp"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    try:
        tree.make()
        done = tree.run("tests/engine/test_operators.py")
    finally:
        path.write_text(text)
    assert done.returncode != 0
    assert message in done.stdout, done.stdout[-8000:]
