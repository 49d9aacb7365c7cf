"""Pages get their tables from the ledger."""

from pathlib import Path

import pytest
from tests.report.material import evaluation, experiment

from earnest.errors import LedgerError
from earnest.report.pages import PLOTS, marks, outdated, pictures, regenerated
from earnest.report.tables.evaluations import render

PAGE = "# A\n<!-- table:evaluations -->\nold\n<!-- /table -->\n"


def test_a_page_that_differs_is_found(tmp_path: Path) -> None:
    ledger, old, new, plain = (tmp_path / name for name in ("ledger.jsonl", "old.md", "new.md", "plain.md"))
    ledger.touch()
    old.write_text(PAGE)
    new.write_text(PAGE.replace("old", render([])))
    plain.write_text("nothing to see")
    assert outdated([old, new, plain], ledger) == {old: new.read_text()}


def test_what_is_no_page_or_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="expected a table of"):
        regenerated("<!-- table:prices -->\n<!-- /table -->", [])
    (tmp_path / "ledger").touch()
    (tmp_path / "bad").write_bytes(b"\xff")
    for name, message in (("none", "expected a page of text"), ("bad", "expected a page of text")):
        with pytest.raises(LedgerError, match=message):
            outdated([tmp_path / name], tmp_path / "ledger")
    (tmp_path / "page").write_text(PAGE.replace("<!-- /table -->", ""))
    with pytest.raises(LedgerError, match=r"page: expected <!-- /table --> after"):
        outdated([tmp_path / "page"], tmp_path / "ledger")
    assert marks(PAGE) == ["evaluations"]


def test_the_table_of_the_readme_has_shipped_recipes_only_and_that_of_results_has_all() -> None:
    rows = [evaluation(), experiment("w8a8", experiment="grid"), experiment("w8a8+own")]
    page = "<!-- table:evaluations -->\n<!-- /table -->\n<!-- table:results -->\n<!-- /table -->\n"
    short, _, whole = regenerated(page, rows).partition("<!-- /table -->")
    assert [line.split(" | ")[1] for line in short.splitlines()[3:]] == ["w8a8"]
    assert short.splitlines()[3].endswith("| 7.50 | 0.144 |")
    assert [line.split(" | ")[1] for line in whole.splitlines()[4:-1]] == ["w8a8", "w8a8+own", "w8a8"]


def test_pictures_lie_beside_the_page_and_are_drawn_anew(tmp_path: Path) -> None:
    ledger, page = tmp_path / "ledger.jsonl", tmp_path / "page.md"
    ledger.touch()
    page.write_text("![a](plots/error-bytes.svg) and [b](plots/sensitivity.svg), not plots/other.svg")
    wanted = outdated([page], ledger)
    assert wanted == {tmp_path / "plots" / f"{name}.svg": draw([]) for name, draw in PLOTS.items()}
    (tmp_path / "plots").mkdir()
    for file, drawing in wanted.items():
        file.write_text(drawing)
    assert outdated([page], ledger) == {}
    (tmp_path / "plots" / "sensitivity.svg").write_text("stale")
    assert list(outdated([page], ledger)) == [tmp_path / "plots" / "sensitivity.svg"]
    with pytest.raises(LedgerError, match=r"expected a picture of .*, got plots/prices\.svg"):
        pictures("![](plots/prices.svg)", tmp_path, [])
