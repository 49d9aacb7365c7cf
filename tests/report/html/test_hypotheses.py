"""Texts are found where they are, and what is broken is named."""

import json

import pytest
from tests.report.material import line, record, write_lines

from earnest.errors import DataError
from earnest.report.html.hypotheses import texts_below


def test_records_and_hypotheses_are_found_at_any_depth(tmp_path):
    write_lines(tmp_path / "deep" / "er" / "b.jsonl", [line()])
    (tmp_path / "a.json").write_text(json.dumps(record([line("other")]), indent=1))
    first, second = texts_below([tmp_path])
    assert (first.source, first.program, first.recipe, first.data) == (
        f"{tmp_path.name}/a.json",
        "conformer-w4a8",
        "w4a8",
        "dev-clean",
    )
    assert (second.source, second.program) == (f"{tmp_path.name}/deep/er/b.jsonl", None)
    assert (second.utterances[0].errors, second.utterances[0].float_errors, second.utterances[0].seconds) == (3, 0, 2.5)
    assert first.utterances[0].errors == 3


def test_hypotheses_that_a_record_beside_them_holds_are_left_out(tmp_path):
    (tmp_path / "record.json").write_text(json.dumps(record([line()])))
    write_lines(tmp_path / "same.jsonl", [line()])
    write_lines(tmp_path / "other.jsonl", [line(hypothesis="", errors=6)])
    for program in ("one.jsonl", "two.jsonl"):
        write_lines(tmp_path / "programs" / program, [line()])
    found = [texts.source.removeprefix(f"{tmp_path.name}/") for texts in texts_below([tmp_path, tmp_path])]
    assert sorted(found) == ["other.jsonl", "programs/one.jsonl", "programs/two.jsonl", "record.json"]


def test_other_files_are_none_of_ours(tmp_path):
    (tmp_path / "verdict.json").write_text('{"kind": "program", "utterances": 3}')
    (tmp_path / "float.json").write_text(json.dumps({"model": {}, "outcomes": []}))
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    (tmp_path / "empty.jsonl").touch()
    write_lines(tmp_path / "ledger.jsonl", [{"kind": "evaluation", "wer": 4.0}])
    write_lines(tmp_path / "alone.jsonl", [{"id": "a", "reference": "A", "hypothesis": "A", "errors": 0}])
    (tmp_path / "alone.json").write_text(
        json.dumps({key: part for key, part in record([line()]).items() if key != "float_model"})
    )
    write_lines(tmp_path / "notes.txt", [line()])
    assert texts_below([tmp_path]) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hypothesis": None}, r"a.jsonl, line 2: key 'hypothesis': expected text, got None"),
        ({"float_hypothesis": 3}, r"line 2: key 'float_hypothesis': expected text"),
        ({"errors": -1}, r"line 2: key 'errors': expected a number of word errors, got -1"),
        ({"errors": True}, r"line 2: key 'errors'"),
        ({"float_errors": None}, r"line 2: key 'float_errors'"),
    ],
)
def test_a_broken_line_is_named(tmp_path, changes, message):
    write_lines(tmp_path / "a.jsonl", [line(), line(**changes)])
    with pytest.raises(DataError, match=message):
        texts_below([tmp_path])


def test_a_file_that_is_broken_off_is_named(tmp_path):
    file = write_lines(tmp_path / "a.jsonl", [line(), line()])
    file.write_text(file.read_text()[:-20])
    with pytest.raises(DataError, match=r"a.jsonl, line 2: expected a JSON object with id, reference"):
        texts_below([tmp_path])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="none: expected a work folder"):
        texts_below([tmp_path / "none"])
