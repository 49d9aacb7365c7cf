"""The figures of a report as JSON."""

import json

import pytest
from tests.report.material import evaluation, hostile_report, rich_report

from earnest.errors import LedgerError
from earnest.ledger.ledger import append, read
from earnest.report.html.content import report, to_json


def test_the_figures_are_those_of_the_rows(tmp_path):
    found = json.loads(json.dumps(to_json(rich_report(tmp_path)), allow_nan=False))
    assert found["rows"] == {"evaluation": 6, "sensitivity": 5}
    assert (found["configurations"], found["trials"]) == (6, 1)
    assert found["levels"] == {"not stated": 3, "H4": 3}
    assert found["commits"] == {"0123456": 6, "not stated": 5}
    planes = {(plane["cost"], plane["data"]): plane["targets"] for plane in found["fronts"]}
    assert sorted(planes) == [("file_bytes", "dev-clean"), ("file_bytes", "test-clean"), ("milliseconds", "dev-clean")]
    plane = planes["file_bytes", "dev-clean"]["int8x16"]
    assert [each["recipe"] for each in plane["front"]] == ["w2a8", "w4a8+gptq", "w8a8"]
    assert [each["recipe"] for each in plane["beaten"]] == ["trial-1"]
    assert [group["name"] for group in found["sensitivity"][0]["groups"]][:2] == [
        "norms",
        "encoder.layers.11.self_attn.linear_out",
    ]
    assert found["best"][0]["sizes"] == [0.3, None]
    (worse,) = found["regressions"]
    assert (worse["source"], worse["worse"], worse["added"]) == ("work/a.jsonl", 2, 9)
    assert worse["worst"][0] == {"id": "1-2-0004", "errors": 6, "float_errors": 0}


def test_an_empty_ledger_has_figures_too(tmp_path):
    found = to_json(report([], []))
    assert (found["configurations"], found["fronts"], found["best"], found["regressions"]) == (0, [], [], [])
    json.dumps(to_json(hostile_report(tmp_path)))


@pytest.mark.parametrize("kind", ["evaluation", "sensitivity", "benchmark"])
def test_a_row_that_lacks_something_is_refused(kind, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    append(ledger, evaluation())
    ledger.write_text(ledger.read_text() + json.dumps({"kind": kind}) + "\n")
    with pytest.raises(LedgerError, match=r"line 2.*missing"):
        report(read(ledger), [])
