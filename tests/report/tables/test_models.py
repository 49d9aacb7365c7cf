"""Float models beside each other: a line for each and its data, and what no recipe measured is absent."""

from tests.report.material import evaluation

from earnest.ledger.row import OtherRow
from earnest.report.markdown import read_table
from earnest.report.tables.models import render_models


def test_each_model_has_a_line_and_each_recipe_on_a_target_a_column() -> None:
    rows = [
        evaluation("w8a8", float_model="plain", program="plain-w8a8", errors=600),
        evaluation("w8a8", float_model="plain", program="plain-w8a8", errors=470),
        evaluation("w8a8", float_model="plain", program="plain-w8a8", target="int8", errors=500),
        evaluation("w4a8", float_model="gated", program="gated-w4a8", errors=440),
        evaluation("w4a8", float_model="gated", program="gated-w4a8", data="other", errors=450),
        evaluation("w8a8", float_model="plain", program="plain-w8a8", errors=100, trial=3, search="tpe"),
        OtherRow.of({"kind": "other"}),
    ]
    found = read_table(render_models(rows))
    assert found.heading == ("model", "part of", "words", "WER float", "w4a8, int8x16", "w8a8, int8", "w8a8, int8x16")
    assert found.lines == (
        ("plain", "dev-clean", "10000", "4.50", "–", "+0.50 (+0.30 … +0.80)", "+0.20 (+0.00 … +0.50)"),
        ("gated", "dev-clean", "10000", "4.50", "-0.10 (-0.30 … +0.20)", "–", "–"),
        ("gated", "other", "10000", "4.50", "+0.00 (-0.20 … +0.30)", "–", "–"),
    )


def test_what_was_measured_last_counts_and_other_audiences_have_lines_of_their_own() -> None:
    rows = [
        evaluation(errors=600, cell="x", experiment="grid"),
        evaluation(errors=470),
        evaluation(errors=500, cell="x", experiment="grid"),
        evaluation(errors=480, utterances=50),
        evaluation(errors=490, data_sha256="ef" * 32),
    ]
    found = read_table(render_models(rows))
    assert [line[-1][:5] for line in found.lines] == ["+0.50", "+0.30", "+0.40"]
