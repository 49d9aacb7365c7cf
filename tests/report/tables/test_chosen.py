"""The table of choices: the latest row of each, none without a row, and no trial of a search."""

from tests.report.material import evaluation, experiment

from earnest.report.markdown import read_table
from earnest.report.tables.chosen import CHOSEN, of_recipe, render_chosen


def test_a_choice_has_the_figures_of_its_latest_row() -> None:
    rows = [
        evaluation("w8a8-best", errors=900),
        evaluation("w8a8-best", errors=470),
        evaluation("w8a8-best", data="test-other", errors=500),
        evaluation("w4a8-fine", file_bytes=7_500_000),
        evaluation("w8a8-best", target="int8", errors=480),
        experiment("w8a8-best", search="tpe", trial=1, errors=100),
        evaluation("nobody's"),
    ]
    found = read_table(render_chosen(rows))
    assert len(found.heading) == 8
    assert found.lines == (
        (
            *("8 bits", "`w8a8-best`", "int8x16", "13.00", "0.250", "4.70"),
            *("+0.20 (+0.00 … +0.50)", "+0.50 (+0.30 … +0.80)"),
        ),
        ("4-bit weights", "`w4a8-fine`", "int8x16", "7.50", "0.144", "4.70", "+0.20 (+0.00 … +0.50)", "–"),
        (
            *("a device of 8 bits throughout", "`w8a8-best`", "int8", "13.00", "0.250", "4.80"),
            *("+0.30 (+0.10 … +0.60)", "–"),
        ),
    )


def test_without_rows_there_is_no_line() -> None:
    assert read_table(render_chosen([])).lines == ()
    assert of_recipe([], "w8a8", "int8x16", "dev-clean") is None
    assert len(CHOSEN) <= 15
