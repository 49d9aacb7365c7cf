"""The demo: with nothing but the repository it ends with programs, verdicts and a report of a recogniser that hears."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import read
from earnest.ledger.rows import of_kind


@pytest.mark.slow
def test_it_needs_nothing_but_the_repository(root: Path, tmp_path: Path) -> None:
    (tmp_path / "box").symlink_to(root / "box")
    environment = {name: value for name, value in os.environ.items() if name != "EARNEST_DATA"}
    line = [sys.executable, root / "demo.py"]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = {path.name for path in (tmp_path / "runs" / "demo").iterdir()}
    assert {"report.html", "w8a8-best.html", "w4a8-best.html", "w8a8-best.earnest", "w4a8-best.earnest"} <= made
    rows = of_kind(read(tmp_path / "runs" / "demo" / "ledger.jsonl"), EvaluationRow)
    assert [row.recipe for row in rows] == ["w8a8-best", "w4a8-best"]
    for row in rows:
        assert row.utterances == 160
        assert row.float_wer <= 10.0
        assert abs(row.difference) < 5.0
    assert "H4" in done.stdout
    assert "Try next" in done.stdout
