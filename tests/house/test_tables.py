"""Every table of the documents is the one that the ledger gives."""

from pathlib import Path

from earnest.lab.pages import marks, outdated
from earnest.lab.tables import evaluations
from earnest.ledger.ledger import read


def test_the_tables_of_the_documents_come_from_the_ledger(root: Path) -> None:
    assert evaluations(read(root / "results" / "ledger.jsonl")), "expected measured rows"
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    assert "evaluations" in marks((root / "README.md").read_text(encoding="utf-8"))
    assert outdated(pages, root / "results" / "ledger.jsonl") == {}, "run `earnest tables README.md docs/*.md`"
