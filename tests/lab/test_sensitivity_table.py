"""The table of sensitivities: the latest of each, the most sensitive first."""

import pytest
from tests.lab.report.material import sensitivity

from earnest.errors import LedgerError
from earnest.lab.markdown import read_table
from earnest.lab.sensitivity_table import SENSITIVITY_KEYS, check_sensitivity, render_sensitivity, scans


def lines(rows):
    table = read_table(render_sensitivity(rows))
    return [dict(zip(table.heading, line, strict=True)) for line in table.lines]


def test_both_ways_of_a_group_are_one_line():
    (line,) = lines([sensitivity(kl=0.123456), sensitivity(way="all but", kl=0.00001, wer=5.5)])
    assert line == {
        "model": "conformer",
        "recipe": "w4a8",
        "target": "int8x16",
        "bits": "4",
        "group": "softmax",
        "operators": "16",
        "KL alone": "0.123",
        "KL all but": "1.00e-05",
        "WER alone": "4.90",
        "WER all but": "5.50",
        "WER float": "4.50",
        "margin alone": "12",
    }


def test_groups_are_ordered_by_what_they_lose_alone():
    rows = [
        sensitivity("only all but", "all but", kl=9.0),
        sensitivity("weak", kl=0.001),
        sensitivity("strong", kl=0.5),
        sensitivity("weak", "all but", kl=0.6),
    ]
    assert [line["group"] for line in lines(rows)] == ["strong", "weak", "only all but"]
    last = lines(rows)[-1]
    assert (last["KL alone"], last["WER alone"], last["margin alone"], last["KL all but"]) == ("–", "–", "–", "9")


def test_the_latest_row_counts_and_scans_stay_apart():
    rows = [sensitivity(kl=0.5), sensitivity(kl=0.25), sensitivity(recipe="w8a8", kl=0.125), {"kind": "evaluation"}]
    assert [(scan.recipe, scan.groups[0].alone.kl) for scan in scans(rows)] == [("w4a8", 0.25), ("w8a8", 0.125)]
    assert render_sensitivity([]).count("\n") == 1


@pytest.mark.parametrize("key", SENSITIVITY_KEYS)
def test_a_missing_key_is_named(key):
    row = sensitivity()
    check_sensitivity(row)
    del row[key]
    with pytest.raises(LedgerError, match=f"'{key}' is missing"):
        check_sensitivity(row)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kl": -0.1}, "'kl': expected no number below 0"),
        ({"kl": "0.1"}, "'kl' cannot be"),
        ({"kl": float("inf")}, "'kl': expected a number up to"),
        ({"operators": True}, "'operators' cannot be True"),
        ({"operators": 1.0}, "'operators' cannot be 1.0"),
        ({"way": "both"}, "expected the way 'alone' or 'all but', got 'both'"),
    ],
)
def test_a_wrong_value_is_named(changes, message):
    with pytest.raises(LedgerError, match=message):
        scans([sensitivity(**changes)])
