"""Every row of the ledgers that are kept has its class, and is written again to the same bytes."""

import json
from pathlib import Path

import pytest

from earnest.errors import LedgerError
from earnest.ledger.benchmark import BenchmarkRow
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import canonical, read
from earnest.ledger.row import OtherRow
from earnest.ledger.rows import of_kind, parsed_row
from earnest.ledger.training import TrainingRow
from ledger.benchmark_row import ROW as BENCHMARK
from ledger.evaluation_row import ROW as EVALUATION
from ledger.training_row import TRAINING


@pytest.mark.parametrize("name", ["ledger", "architectures", "box"])
def test_a_ledger_is_read_and_written_to_the_same_bytes(root: Path, name: str) -> None:
    file = root / "results" / f"{name}.jsonl"
    rows = read(file)
    assert not [row for row in rows if isinstance(row, OtherRow)]
    assert b"".join(canonical(row.content()) for row in rows) == file.read_bytes()


def test_rows_are_told_apart_by_their_kind() -> None:
    rows = [parsed_row(content, "here") for content in (EVALUATION, TRAINING, BENCHMARK)]
    assert [type(row) for row in rows] == [EvaluationRow, TrainingRow, BenchmarkRow]
    assert of_kind(rows, TrainingRow) == [rows[1]]


@pytest.mark.parametrize("content", [{"a": 1}, {"kind": "later", "a": [1]}, {"kind": None}, {"kind": ["evaluation"]}])
def test_a_row_of_another_kind_is_kept_as_it_is(content: dict) -> None:
    row = parsed_row(content, "here")
    assert isinstance(row, OtherRow)
    assert row.content() == content
    assert (row.commit, row.machine_name) == (None, "unknown machine")


def test_a_row_of_another_kind_says_where_it_was_made() -> None:
    made = {"git": {"commit": "abcdefghij", "dirty": True}, "cpu": "EPYC", "machine": "x86_64", "cpus": 2}
    row = parsed_row({"kind": "later", **made}, "here")
    assert (row.commit, row.machine_name) == ("abcdefg+", "EPYC, 2 cores")


def test_a_malformed_row_is_named_by_file_line_and_key(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    for changes, message in (
        ({"words": "many"}, "line 2, of kind 'evaluation': key 'words': expected a whole number, got 'many'"),
        ({"words": 1}, "line 2, of kind 'evaluation': 467 errors in 1 words are no wer of 4.67"),
        ({"calibration": {}}, "line 2, of kind 'evaluation': key 'calibration.data' is missing"),
        ({"added": 1}, "line 2, of kind 'evaluation': key 'added': expected no such key, got 1"),
    ):
        ledger.write_text("".join(json.dumps(row) + "\n" for row in (EVALUATION, EVALUATION | changes)))
        with pytest.raises(LedgerError) as caught:
            read(ledger)
        assert str(caught.value) == f"{ledger}, {message}"
