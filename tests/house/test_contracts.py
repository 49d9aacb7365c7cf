"""The import contracts hold, and a planted violation breaks exactly the contract that it should."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

CONTRACTS = {
    "layers",
    "front-door",
    "no-torch",
    "integer-alone",
    "twins-no-engine",
    "judge-of-integers",
    "judge-of-words",
    "export-reads-programs",
}

PLANTED = [
    ("layers", "calibration/planted.py", "import earnest.lab"),
    ("layers", "file/planted.py", "from earnest import runtime"),
    ("layers", "methods/planted.py", "import earnest.models"),
    ("layers", "engine/planted.py", "def late():\n    import earnest.file"),
    ("layers", "new_room/__init__.py", "import earnest.errors"),
    ("front-door", "lab/planted.py", "import earnest"),
    ("front-door", "lab/planted.py", "def late():\n    from earnest import Recognizer"),
    ("no-torch", "numerics/planted.py", "import torch"),
    ("no-torch", "integer/planted.py", "def late():\n    from torch.nn import functional"),
    ("no-torch", "ledger/planted.py", "import torch"),
    ("no-torch", "runtime/planted.py", "import earnest.engine.planted_deeper"),
    ("integer-alone", "integer/planted.py", "import scipy.special"),
    ("twins-no-engine", "nn/planted.py", "import earnest.engine"),
    ("judge-of-integers", "judge/planted.py", "from earnest.integer import linear"),
    ("judge-of-integers", "judge/planted.py", "import earnest.engine"),
    ("judge-of-integers", "judge/program/kinds/planted.py", "from earnest.integer import linear"),
    ("judge-of-words", "speech/planted.py", "import earnest.runtime"),
    ("judge-of-words", "speech/planted.py", "import torch"),
    ("export-reads-programs", "export/planted.py", "import earnest.nn"),
    ("export-reads-programs", "export/onnx/kinds/planted.py", "import earnest.engine"),
]


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    """A copy of the source and of the contracts."""
    shutil.copytree(root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / ".importlinter", tmp_path)
    return tmp_path


def verdicts(tree: Path) -> dict[str, str]:
    """KEPT or BROKEN by contract, as the tool that `make check` calls prints them for a tree."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    path = os.pathsep.join([str(tree / "src"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    result = subprocess.run(
        # -S: without `site`, which would find the installed earnest before the copy.
        [sys.executable, "-S", "-c", program, "--no-cache", "--no-logo"],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found = dict(re.findall(r"^(\S+) (KEPT|BROKEN)$", result.stdout, re.MULTILINE))
    assert found.keys() == CONTRACTS, result.stdout + result.stderr
    assert result.returncode == ("BROKEN" in found.values())
    return found


def test_contracts_hold(tree: Path) -> None:
    assert set(verdicts(tree).values()) == {"KEPT"}


@pytest.mark.parametrize(("contract", "file", "violation"), PLANTED)
def test_planted_violation_breaks_its_contract(tree: Path, contract: str, file: str, violation: str) -> None:
    path = tree / "src" / "earnest" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + f"\n{violation}\n")
    if "planted_deeper" in violation:
        (path.parents[1] / "engine" / "planted_deeper.py").write_text("import torch\n")
    assert {name for name, verdict in verdicts(tree).items() if verdict == "BROKEN"} == {contract}


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in PLANTED} == CONTRACTS
