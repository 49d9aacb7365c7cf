"""Tables from rows of the ledger, and their place in a page."""

import pytest

from earnest.errors import LedgerError
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.row import OtherRow
from earnest.report.tables.evaluations import evaluations, render, replace_block
from ledger.evaluation_row import EXPERIMENT, ROW

PAGE = "# A\n\n<!-- table:dev-clean -->\nold\n<!-- /table -->\n\nB\n<!-- table:other -->\n<!-- /table -->\n"


def row(**changes: object) -> EvaluationRow:
    return EvaluationRow.of(ROW | changes)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_a_row_becomes_a_line() -> None:
    header, rule, line = render([row()]).split("\n")
    assert dict(zip(cells(header), cells(line), strict=True)) == {
        "program": "w8a8.earnest",
        "recipe": "w8a8",
        "target": "int8x16",
        "part of": "dev-clean",
        "utterances": "646",
        "words": "10000",
        "WER float": "4.50",
        "WER integer": "4.67",
        "difference": "+0.17",
        "95 % interval": "+0.00 … +0.35",
        "MB": "13.46",
        "of float32": "0.259",
    }
    assert rule.count("|") == header.count("|") == line.count("|")


def test_an_improvement_has_its_sign() -> None:
    better: dict[str, object] = {"wer": 4.5, "float_wer": 4.67, "difference": -0.17, "interval": [-0.4, 0.1]}
    better |= {
        f"{a}{kind}": ROW[f"{b}{kind}"]
        for kind in ("substitutions", "deletions", "insertions")
        for a, b in (("", "float_"), ("float_", ""))
    }
    assert "| 4.67 | 4.50 | -0.17 | -0.40 … +0.10 |" in render([row(**better)])


def test_no_rows_give_an_empty_table() -> None:
    assert len(render([]).split("\n")) == 2


def test_text_cannot_leave_its_cell() -> None:
    line = render([row(program="a|b\n| c \\", data="x")]).split("\n")[-1]
    assert line.startswith("| a\\|b \\| c \\\\ | w8a8 |")


def test_trials_of_a_search_are_not_in_the_table() -> None:
    trial = row(**EXPERIMENT, search="grid", trial=3)
    assert evaluations([row(), trial]) == [row()]


def test_what_an_experiment_adds_changes_no_line() -> None:
    assert render([row(**EXPERIMENT)]) == render([row()])


def test_the_latest_of_each_measurement_counts() -> None:
    again, other = row(command="again"), row(data="test-clean")
    assert evaluations([OtherRow.of({"kind": "other"}), row(), other, again]) == [again, other]


def test_a_block_is_exchanged_and_nothing_else() -> None:
    page = replace_block(PAGE, "dev-clean", "| a |\n|---|\n")
    assert page == PAGE.replace("old", "| a |\n|---|")
    assert replace_block(page, "dev-clean", "| a |\n|---|") == page
    assert replace_block(PAGE, "other", "x") == PAGE.replace("<!-- table:other -->\n", "<!-- table:other -->\nx\n")


@pytest.mark.parametrize(
    ("page", "name", "table"),
    [
        (PAGE, "none", "x"),
        (PAGE, "dev", "x"),
        (PAGE, "a -->", "x"),
        (PAGE + PAGE, "dev-clean", "x"),
        (PAGE.replace("<!-- /table -->", ""), "dev-clean", "x"),
        (PAGE.replace("<!-- /table -->", "", 1), "dev-clean", "x"),
        (PAGE, "dev-clean", "<!-- /table -->"),
        (PAGE, "dev-clean", "<!-- table:b -->"),
    ],
    ids=range(8),
)
def test_a_page_without_the_one_block_is_refused(page: str, name: str, table: str) -> None:
    with pytest.raises(LedgerError):
        replace_block(page, name, table)
