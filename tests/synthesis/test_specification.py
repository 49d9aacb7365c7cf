"""A corpus's file: the shipped one is valid, and what is wrong is named."""

from pathlib import Path

import pytest

from earnest.errors import DataError
from synthesis.specification import load_corpus


@pytest.fixture
def text(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("EARNEST_DATA", "data")
    return (root / "box" / "corpus.toml").read_text(encoding="utf-8")


def test_the_shipped_corpus_is_valid(text: str, root: Path) -> None:
    corpus = load_corpus(root / "box" / "corpus.toml")
    assert corpus.text[0].startswith("data/text/")
    assert len({split.name for split in corpus.split}) == len(corpus.split)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("seed = 7", "sede = 7", "sede"),
        ('"en-us+m8"', '"en-us+m1"', r"both known and unseen, got \['en-us\+m1'\]"),
        ("low = 170.0", "low = 270.0", "low <= high"),
        ('"en-us+m8"', '"en us; rm"', r"voices\.unseen\.0"),
        ("echo = 0.3", "echo = 1.3", r"acoustics\.echo"),
        ('sentences = "train"', 'sentences = "all"', "split"),
    ],
)
def test_what_is_wrong_is_named(text: str, tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in text
    (tmp_path / "corpus.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=named):
        load_corpus(tmp_path / "corpus.toml")
