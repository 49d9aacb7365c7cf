"""The table of sensitivities: the latest of each, the most sensitive first."""

from tests.report.material import sensitivity

from earnest.ledger.row import OtherRow
from earnest.report.markdown import read_table
from earnest.report.tables.sensitivity import render_sensitivity, scans


def lines(rows):
    table = read_table(render_sensitivity(rows))
    return [dict(zip(table.heading, line, strict=True)) for line in table.lines]


def test_both_ways_of_a_group_are_one_line():
    (line,) = lines([sensitivity(loss=0.123456), sensitivity(way="all but", loss=-0.00001, kl=0.5, wer=5.5)])
    assert line == {
        "model": "conformer",
        "recipe": "w4a8",
        "target": "int8x16",
        "bits": "4",
        "group": "softmax",
        "operators": "16",
        "loss alone": "0.123",
        "loss all but": "-1.00e-05",
        "KL alone": "0.01",
        "KL all but": "0.5",
        "WER alone": "4.90",
        "WER all but": "5.50",
        "WER float": "4.50",
        "margin alone": "12",
    }


def test_groups_are_ordered_by_what_they_lose_alone():
    rows = [
        sensitivity("only all but", "all but", loss=9.0),
        sensitivity("surer", loss=-0.5, kl=3.0),
        sensitivity("weak", loss=0.001, kl=2.0),
        sensitivity("strong", loss=0.5, kl=0.01),
        sensitivity("weak", "all but", loss=0.6),
    ]
    assert [line["group"] for line in lines(rows)] == ["strong", "weak", "surer", "only all but"]
    last = lines(rows)[-1]
    assert [last[key] for key in ("loss alone", "KL alone", "WER alone", "margin alone", "loss all but")] == [*"––––9"]


def test_the_latest_row_counts_and_scans_stay_apart():
    rows = [sensitivity(loss=0.5), sensitivity(loss=0.25), sensitivity(recipe="w8a8", loss=0.125)]
    rows.append(OtherRow.of({"kind": "other"}))
    losses = [group.alone.loss for scan in scans(rows) for group in scan.groups if group.alone is not None]
    assert ([scan.recipe for scan in scans(rows)], losses) == (["w4a8", "w8a8"], [0.25, 0.125])
    assert render_sensitivity([]).count("\n") == 1


def test_a_group_without_weights_has_no_bits():
    (line,) = lines([sensitivity(bits=0)])
    assert line["bits"] == "–"
