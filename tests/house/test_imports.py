"""What importing brings with it: the front door nothing heavy, the deployed half no torch."""

import subprocess
import sys

import pytest

IMPORT_ALL = """
import importlib, pkgutil, sys
import earnest
for room in {rooms}:
    package = importlib.import_module("earnest." + room)
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."):
        importlib.import_module(module.name)
print(*sorted(set(sys.modules) & {refused}))
"""

JUDGES = ("audit", "program", "page", "text", "evaluation", "certificate", "replay", "onnx_file")
"""Those of files; the judge of running models needs what runs them."""

DEPLOYED = ("errors", "integer", "file", "engine", "numerics", "runtime", "speech", "export", "ledger")
WITHOUT_TORCH = (*DEPLOYED, *(f"judge.{name}" for name in JUDGES))
ALL = (*DEPLOYED, "judge", "nn", "swapping", "calibration", "methods", "models", "training", "zoo", "lab", "cli")
HEAVY = {"transformers", "lhotse", "ray", "onnx", "onnxruntime", "tensorboardX"}


@pytest.mark.parametrize(
    ("rooms", "refused"),
    [((), HEAVY | {"torch"}), (WITHOUT_TORCH, HEAVY | {"torch"}), (ALL, HEAVY)],
    ids=["earnest", "deployed half", "every room"],
)
def test_imports_bring_nothing_heavy(rooms: tuple[str, ...], refused: set[str]) -> None:
    program = IMPORT_ALL.format(rooms=rooms, refused=refused)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []
