"""Every table and picture of the documents is the one that the ledger gives, and what a person reads is short."""

from pathlib import Path

import pytest

from earnest.ledger.ledger import read
from earnest.report.pages import PLOTS, marks, outdated
from earnest.report.tables.evaluations import evaluations

MOST_LINES, MOST_COLUMNS = 15, 8


def test_the_tables_of_the_documents_come_from_the_ledger(root: Path) -> None:
    assert evaluations(read(root / "results" / "ledger.jsonl")), "expected measured rows"
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    assert "chosen" in marks((root / "README.md").read_text(encoding="utf-8"))
    assert "evaluations" in marks((root / "docs" / "results-appendix.md").read_text(encoding="utf-8"))
    assert outdated(pages, root / "results" / "ledger.jsonl") == {}, "run `earnest tables README.md docs/*.md`"


def test_every_picture_is_shown_by_the_page_of_results(root: Path) -> None:
    page = (root / "docs" / "results.md").read_text(encoding="utf-8")
    shown = {file.stem for file in (root / "docs" / "plots").iterdir()}
    assert shown == set(PLOTS) == {name for name in PLOTS if f"](plots/{name}.svg)" in page}


@pytest.mark.parametrize("page", ["README.md", "docs/results.md"])
def test_a_table_that_a_person_reads_is_small(root: Path, page: str) -> None:
    blocks = (root / page).read_text(encoding="utf-8").split("\n\n")
    tables = [[line for line in block.splitlines() if line.startswith("|")] for block in blocks]
    assert any(tables)
    for lines in filter(None, tables):
        assert len(lines) - 2 <= MOST_LINES, lines[0]
        assert lines[1].count("|") - 1 <= MOST_COLUMNS, lines[0]
