"""The portable kernels use no floating point: the compiler refuses any in code for general registers only."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("g++") is None or platform.machine() not in ("x86_64", "AMD64"),
    reason="needs g++ on x86-64, whose -mgeneral-regs-only refuses floating point",
)


def compiled(source: Path, include: Path) -> subprocess.CompletedProcess[str]:
    """The compiler's verdict; nothing is written."""
    command = ["g++", "-std=c++17", "-O2", "-mgeneral-regs-only", f"-I{include}", "-c", str(source), "-o", "/dev/null"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_floating_point(root: Path):
    native = root / "src" / "earnest" / "engine" / "native"
    verdict = compiled(native / "kernels_portable.cpp", native)
    assert verdict.returncode == 0, verdict.stderr


def test_planted_floating_point_is_refused(root: Path, tmp_path: Path):
    native = root / "src" / "earnest" / "engine" / "native"
    text = (native / "kernels.inl").read_text(encoding="utf-8")
    honest = "return clamp(shift_round(product, to.shift[lane(column)]) + to.zero_point, to.low, to.high);"
    assert honest in text
    planted = text.replace(honest, "return static_cast<int64_t>(static_cast<double>(product) * 0.5 + to.zero_point);")
    (tmp_path / "kernels.inl").write_text(planted, encoding="utf-8")
    shutil.copy(native / "kernels_portable.cpp", tmp_path)
    verdict = compiled(tmp_path / "kernels_portable.cpp", native)
    assert verdict.returncode != 0
    assert "SSE" in verdict.stderr
