"""Tables from rows of the ledger, and their place in a page."""

import pytest

from earnest.errors import LedgerError
from earnest.lab.tables import check_evaluation, evaluations, render, replace_block

ROW = {
    "kind": "evaluation",
    "command": "earnest evaluate w8a8.earnest --json",
    "program": "w8a8.earnest",
    "program_sha256": "ab" * 32,
    "recipe": "w8a8",
    "target": "int8x16",
    "data": "dev-clean",
    "data_sha256": "cd" * 32,
    "utterances": 646,
    "words": 10_000,
    "wer": 4.67,
    "float_wer": 4.5,
    "difference": 0.17,
    "interval": [-0.004, 0.351],
    "substitutions": 400,
    "deletions": 37,
    "insertions": 30,
    "float_substitutions": 390,
    "float_deletions": 35,
    "float_insertions": 25,
    "file_bytes": 13_456_000,
    "float_bytes": 52_000_000,
    "backend": "reference",
    "git": None,
    "versions": {"python": "3.11"},
}

PAGE = "# A\n\n<!-- table:dev-clean -->\nold\n<!-- /table -->\n\nB\n<!-- table:other -->\n<!-- /table -->\n"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_a_row_becomes_a_line() -> None:
    header, rule, line = render([ROW]).split("\n")
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
    better = ROW | {"wer": 4.5, "float_wer": 4.67, "difference": -0.17, "interval": [-0.4, 0.1]}
    better |= {
        f"{a}{kind}": ROW[f"{b}{kind}"]
        for kind in ("substitutions", "deletions", "insertions")
        for a, b in (("", "float_"), ("float_", ""))
    }
    assert "| 4.67 | 4.50 | -0.17 | -0.40 … +0.10 |" in render([better])


def test_no_rows_give_an_empty_table() -> None:
    assert len(render([]).split("\n")) == 2


def test_text_cannot_leave_its_cell() -> None:
    line = render([ROW | {"program": "a|b\n| c \\", "data": "x"}]).split("\n")[-1]
    assert line.startswith("| a\\|b \\| c \\\\ | w8a8 |")


@pytest.mark.parametrize("key", ROW)
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(LedgerError, match=f"'{key}' is missing"):
        render([{name: value for name, value in ROW.items() if name != key}])


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "training"},
        {"utterances": "646"},
        {"utterances": True},
        {"words": 0},
        {"float_bytes": 0},
        {"interval": [0.1]},
        {"interval": [0.2, 0.1]},
        {"interval": "ab"},
        {"interval": ["a", "b"]},
        {"wer": None},
        {"wer": 4.6},
        {"float_wer": 4.4},
        {"difference": -0.17},
        {"insertions": 31},
        {"git": "abc"},
    ],
)
def test_a_row_that_contradicts_itself_is_refused(changed: dict) -> None:
    check_evaluation(ROW)
    with pytest.raises(LedgerError):
        check_evaluation(ROW | changed)


EXPERIMENT = {
    "experiment": "grid",
    "cell": "ef" * 32,
    "seed": 0,
    "methods": [],
    "weights": 13_000_000,
    "mean_weight_bits": 8.0,
    "effective_bits": 8 * 13_456_000 / 13_000_000,
    "bit_operations": 10**12,
    "milliseconds": 60.5,
    "float_milliseconds": 300,
    "calibration": {"data": "train"},
}


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": "0"},
        {"methods": "gptq"},
        {"weights": 0},
        {"effective_bits": 8.0},
        {"milliseconds": -1.0},
        {"calibration": None},
        {"trial": "1"},
    ],
)
def test_what_an_experiment_adds_is_checked(changed: dict) -> None:
    assert render([ROW | EXPERIMENT]) == render([ROW])
    with pytest.raises(LedgerError):
        check_evaluation(ROW | EXPERIMENT | changed)


def test_trials_of_a_search_are_not_in_the_table() -> None:
    trial = ROW | EXPERIMENT | {"search": "grid", "trial": 3}
    assert evaluations([ROW, trial]) == [ROW]


def test_the_latest_of_each_measurement_counts() -> None:
    again, other = ROW | {"command": "again"}, ROW | {"data": "test-clean"}
    assert evaluations([{"kind": "training"}, ROW, other, again]) == [again, other]
    with pytest.raises(LedgerError):
        evaluations([{"kind": "evaluation"}])


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
