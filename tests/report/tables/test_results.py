"""The tables of results: nothing that was tried is left out, and the best is the best."""

import math

from tests.report.material import evaluation, experiment

from earnest.report.markdown import read_table, signed
from earnest.report.tables.results import best_of, render_best, render_results

PARTS = ("dev-clean", "test-other")


def lines(text):
    table = read_table(text)
    return [dict(zip(table.heading, line, strict=True)) for line in table.lines]


def best(*rows):
    return [(each.found.recipe, each.found.target, each.sizes) for each in best_of(rows)]


def test_every_configuration_stays_the_lowest_rate_first():
    rows = [
        evaluation("part", utterances=8, data="test-clean"),
        evaluation("worse", errors=600),
        experiment("trial", errors=900, search="tpe", trial=7),
        evaluation("better", errors=460),
        evaluation("better", errors=461),
    ]
    shown = lines(render_results(rows))
    assert [line["recipe"] for line in shown] == ["better", "better", "worse", "trial", "part"]
    assert shown[3]["experiment"] == "grid, seed 0, trial 7"


def test_a_line_says_what_the_row_says():
    (shown,) = lines(render_results([experiment(errors=600)]))
    assert shown == {
        "program": "conformer-w4a8+gptq",
        "recipe": "w4a8+gptq",
        "methods": "gptq",
        "target": "int8x16",
        "part of": "dev-clean",
        "utterances": "646",
        "WER float": "4.50",
        "WER integer": "6.00",
        "difference": "+1.50",
        "95 % interval": "+1.30 … +1.80",
        "MB": "7.50",
        "of float32": "0.144",
        "mean bits": "4.00",
        "effective bits": "4.62",
        "level": "H4",
        "experiment": "grid, seed 0",
        "commit": "0123456",
    }
    (old,) = lines(render_results([evaluation(git=None)]))
    untold = ("methods", "mean bits", "effective bits", "level", "experiment", "commit")
    assert {old[key] for key in untold} == {"–"}
    assert lines(render_results([experiment(methods=[])]))[0]["methods"] == "none"
    assert signed(-0.001) == "+0.00"


def test_the_best_is_the_lowest_rate_within_each_size():
    rows = [
        evaluation("large", errors=460, file_bytes=15_000_000),
        evaluation("medium", errors=500, file_bytes=10_000_000),
        evaluation("planted", errors=501, file_bytes=9_000_000),
        evaluation("small", errors=700, file_bytes=5_200_000),
    ]
    assert best(*rows) == [
        ("large", "int8x16", (0.30, math.inf)),
        ("medium", "int8x16", (0.20,)),
        ("small", "int8x16", (0.10, 0.125, 0.15)),
    ]
    assert [line["size"] for line in lines(render_best(rows))] == ["≤ 30 %, any", "≤ 20 %", "≤ 10 %, ≤ 12.5 %, ≤ 15 %"]


def test_a_size_is_reached_by_what_is_exactly_as_large():
    assert best(evaluation("a", file_bytes=15_600_000))[0][2] == (0.30, math.inf)
    assert best(evaluation("a", file_bytes=15_600_001))[0][2] == (math.inf,)


def test_of_equal_rates_the_smaller_file_is_the_best():
    large, small = evaluation("large", file_bytes=9_000_001), evaluation("small", file_bytes=9_000_000)
    assert best(large, small) == best(small, large) == [("small", "int8x16", (0.20, 0.30, math.inf))]


def test_each_target_and_data_set_has_its_own_of_its_largest_part():
    rows = [
        evaluation("a"),
        evaluation("a", target="int8", errors=900),
        evaluation("a", data="test-clean", errors=901),
        evaluation("few", utterances=10, errors=450),
    ]
    assert [(line["target"], line["part of"], line["recipe"]) for line in lines(render_best(rows))] == [
        ("int8", "dev-clean", "a"),
        ("int8x16", "dev-clean", "a"),
        ("int8x16", "test-clean", "a"),
    ]


def test_what_dev_clean_chose_is_shown_on_other_data_and_no_test_data_chooses():
    rows = [
        evaluation("chosen", program_sha256="1" * 64, errors=470, file_bytes=7_500_000),
        evaluation("other", program_sha256="2" * 64, errors=480, file_bytes=6_000_000),
        evaluation("large", program_sha256="3" * 64, errors=460, file_bytes=9_000_000),
        evaluation("other", program_sha256="2" * 64, errors=400, file_bytes=6_000_000, data="test-other"),
        evaluation("chosen", program_sha256="1" * 64, errors=900, file_bytes=7_500_000, data="test-other"),
        evaluation("alone", program_sha256="4" * 64, errors=300, data="test-other", float_model="another"),
    ]
    shown = lines(render_best(rows))
    on = {part: {(line["recipe"], line["size"]) for line in shown if line["part of"] == part} for part in PARTS}
    assert {recipe for recipe, _ in on["dev-clean"]} == {"large", "chosen", "other"}
    assert {one for one in on["test-other"] if one[0] != "alone"} == {
        one for one in on["dev-clean"] if one[0] != "large"
    }
    assert "alone" in {recipe for recipe, _ in on["test-other"]}, "a model that was not heard on dev-clean"


def test_trials_of_a_search_are_never_the_best():
    assert best(experiment("trial", errors=450, search="tpe", trial=0), experiment("fair", errors=600))[0][0] == "fair"


def test_no_rows_give_tables_without_lines():
    assert lines(render_results([])) == lines(render_best([])) == []
