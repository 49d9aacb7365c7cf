"""`earnest report`: a page or figures, and one line for what is broken."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.report.material import line, record, rich_rows, write_lines

from earnest.cli import main


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "ledger.jsonl", [row.content() for row in rich_rows()])


def reported(*arguments: str | Path) -> int:
    return main(["report", *map(str, arguments)])


def test_a_page_is_written(ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("one", "two"):
        write_lines(tmp_path / folder / "a.jsonl", [line(folder)])
    page = tmp_path / "page.html"
    page.write_text("old")
    assert reported("--ledger", ledger, "-o", page, "--work", tmp_path / "one", "--work", tmp_path / "two") == 0
    assert capsys.readouterr().out == f"{page}: configurations 6, scans 1, evaluations with texts 2\n"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "one/a.jsonl" in text
    assert "two/a.jsonl" in text
    assert str(tmp_path) not in text


def test_figures_are_printed_and_no_page_is_written(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.json").write_text(json.dumps(record([line()])))
    assert reported("--ledger", ledger, "-o", tmp_path / "page.html", "--work", tmp_path / "work", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["ledger"], found["configurations"]) == (str(ledger), 6)
    assert found["regressions"][0]["program"] == "conformer-w4a8"
    assert not (tmp_path / "page.html").exists()


def test_an_empty_ledger_gives_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "ledger").touch()
    assert reported("--ledger", tmp_path / "ledger", "-o", tmp_path / "page.html") == 0
    assert "The ledger is empty" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"kind": "evaluation"}\n', "key 'command' is missing"),
        ('{"kind": "evaluation"}', "line 1: the last line is broken off"),
        ("no JSON\n", "line 1: expected a JSON object"),
        ("[]\n", "line 1: expected a JSON object, got list"),
        (None, "the ledger cannot be read"),
    ],
)
def test_a_broken_ledger_is_one_line(
    content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "ledger").write_text(content)
    for more in ([], ["--json"]):
        assert reported("--ledger", tmp_path / "ledger", "-o", tmp_path / "page.html", *more) == 2
        told = capsys.readouterr()
        assert message in told.err
        assert (told.err.count("\n"), told.out) == (1, "")
    assert not (tmp_path / "page.html").exists()


def test_what_cannot_be_read_or_written_is_one_line(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, message in (
        (["-o", tmp_path / "none" / "page.html"], "--output: no folder"),
        (["-o", tmp_path], "is a folder; expected the name of a file"),
        (["-o", tmp_path / "page.html", "--work", tmp_path / "none"], "none: expected a work folder"),
    ):
        assert reported("--ledger", ledger, *arguments) == 2
        told = capsys.readouterr()
        assert message in told.err
        assert told.err.count("\n") == 1


def test_the_command_line_imports_no_plotly() -> None:
    program = "import sys, earnest.cli.application; print('plotly' in sys.modules, 'jiwer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
