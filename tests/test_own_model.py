"""`docs/own-model.md` is walked through: every block runs, and the error that it shows is the one that comes."""

import re
from pathlib import Path

import pytest

from earnest.judge.level import Level

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^    (the model: .*)$", re.MULTILINE)


def test_every_block_of_the_page_runs(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (root / "docs" / "own-model.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(page)
    assert len(blocks) == 6
    monkeypatch.chdir(tmp_path)
    lines = [line for line in blocks[1].splitlines() if line and not line.startswith("import")]
    assert len(lines) == 5, "the page says five lines"
    known: dict[str, object] = {"__name__": "own_model"}
    printed: list[str] = []
    for number, block in enumerate(blocks):
        file = tmp_path / f"block{number}.py"  # torch reads the source of a module that it captures
        file.write_text(block, encoding="utf-8")
        exec(compile(block, str(file), "exec"), known)  # noqa: S102  # the page's own code
        printed.append(capsys.readouterr().out)
    assert (tmp_path / "listener.earnest").is_file()
    assert str(Level.H3) in printed[1]
    assert float(printed[3].splitlines()[0]) > 10
    assert len(printed[4].split(",")) == 39, "tokens up to the cap"
    (shown,) = SHOWN.findall(page)
    assert re.sub(r"\(\S+:\d+\)", "(FILE:LINE)", printed[5].strip()) == shown
