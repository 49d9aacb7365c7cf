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


def compiled(native: Path) -> subprocess.CompletedProcess[str]:
    """The compiler's verdict on the portable kernels of a source folder; nothing is written."""
    source = native / "kernels" / "portable.cpp"
    command = ["g++", "-std=c++17", "-O2", "-mgeneral-regs-only", f"-I{native}", "-c", str(source), "-o", "/dev/null"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_floating_point(root: Path):
    verdict = compiled(root / "src" / "earnest" / "engine" / "native")
    assert verdict.returncode == 0, verdict.stderr


def test_planted_floating_point_is_refused(root: Path, tmp_path: Path):
    native = tmp_path / "native"
    shutil.copytree(root / "src" / "earnest" / "engine" / "native", native)
    path = native / "kernels" / "plain_products.inl"
    text = path.read_text(encoding="utf-8")
    honest = "return clamp(shift_round(product, to.shift[lane(column)]) + to.zero_point, to.low, to.high);"
    assert honest in text
    planted = text.replace(honest, "return static_cast<int64_t>(static_cast<double>(product) * 0.5 + to.zero_point);")
    path.write_text(planted, encoding="utf-8")
    verdict = compiled(native)
    assert verdict.returncode != 0
    assert "SSE" in verdict.stderr
