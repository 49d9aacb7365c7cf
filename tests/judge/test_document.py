"""A document of a stranger is read strictly."""

from pathlib import Path

import pytest

from earnest.errors import FileError
from earnest.judge import document
from earnest.judge.document import Document, read_document

BAD = {
    "nothing": b"",
    "half": b'{"kind": "x", "version": 1',
    "not UTF-8": b'{"kind": "\xff", "version": 1}',
    "NaN": b'{"kind": "x", "version": 1, "a": NaN}',
    "infinity": b'{"kind": "x", "version": 1, "a": 1e999}',
    "twice": b'{"kind": "x", "version": 1, "a": 1, "a": 2}',
    "deep lists": b'{"kind": "x", "version": 1, "a": ' + b"[" * 70 + b"]" * 70 + b"}",
    "deep objects": b'{"kind": "x", "version": 1, "a": ' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"}",
    "bottomless": b"[" * 100_000,
    "long integer": b'{"kind": "x", "version": 1, "a": ' + b"9" * 10_000 + b"}",
    "other kind": b'{"kind": "y", "version": 1}',
    "other version": b'{"kind": "x", "version": 1.0}',
    "a number": b"5",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_error_with_its_name(tmp_path: Path, name: str):
    file = tmp_path / "document.json"
    file.write_bytes(BAD[name])
    with pytest.raises(FileError, match=r"document\.json") as caught:
        read_document(file, kind="x", version=1)
    assert "\n" not in str(caught.value)


def test_no_file_and_too_large_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(FileError, match="cannot be read"):
        read_document(tmp_path / "none", kind="x", version=1)
    file = tmp_path / "large.json"
    file.write_text('{"kind": "x", "version": 1}')
    assert read_document(file, kind="x", version=1).content["version"] == 1
    monkeypatch.setattr(document, "LARGEST", 10)
    with pytest.raises(FileError, match="expected at most 10 bytes"):
        read_document(file, kind="x", version=1)


def test_parts_are_given_by_type():
    content = {"text": "", "name": "a b", "sha": "0a" * 32, "count": 7, "number": -1.5, "part": {"a": 1}, "list": [{}]}
    given = Document(content, "here")
    assert given.text("text") == ""
    assert (given.name("name"), given.sha256("sha"), given.count("count")) == ("a b", "0a" * 32, 7)
    assert (given.number("number"), given.number("count")) == (-1.5, 7.0)
    assert given.part("part").content == {"a": 1}
    assert given.part("part").source == "here: part"
    assert len(given.parts("list")) == 1
    assert given.has("text")
    assert not given.has("none")


@pytest.mark.parametrize("value", [None, True, -1, 1 << 53, 2.0, "7", [], {}])
def test_what_is_no_count_is_refused(value: object):
    with pytest.raises(FileError, match="here: a: expected an integer"):
        Document({"a": value}, "here").count("a")


@pytest.mark.parametrize("value", [None, True, float("inf"), float("nan"), 1 << 60, "7"])
def test_what_is_no_number_is_refused(value: object):
    with pytest.raises(FileError, match="here: a: expected a finite number"):
        Document({"a": value}, "here").number("a")


def test_a_part_that_is_not_there_is_named():
    for method in ("text", "name", "sha256", "count", "number", "part", "parts"):
        with pytest.raises(FileError, match=r"here: a: expected .*, got (nothing|None)"):
            getattr(Document({}, "here"), method)("a")
