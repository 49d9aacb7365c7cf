"""A corpus is the same whoever makes it, goes on where it was killed, and holds out what it says."""

import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earnest.errors import DataError
from earnest.speech.librispeech import read_split
from synthesis.corpus import Planned, plan, write_recordings, write_transcripts
from synthesis.specification import Corpus, load_corpus

NOVEL = ". ".join(f"the {who} {did} the {what}" for who in ("cat", "dog") for did in ("saw", "bit") for what in "aio")
NOVEL += ". the evaluated sentence is here. " + ". ".join(
    f"there were {count} of them" for count in ("two", "six", "ten")
)

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs the program espeak-ng")


@pytest.fixture
def corpus(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """The shipped corpus, made small, of a novel of sixteen sentences."""
    monkeypatch.setenv("EARNEST_DATA", str(tmp_path))
    (tmp_path / "novel.txt").write_text(NOVEL, encoding="utf-8")
    chapter = tmp_path / "evaluation" / "1" / "2"
    chapter.mkdir(parents=True)
    (chapter / "1-2-0000.flac").touch()
    (chapter / "1-2.trans.txt").write_text("1-2-0000 THE EVALUATED SENTENCE IS HERE NOW\n")
    shipped = load_corpus(root / "box" / "corpus.toml")
    few = {"dev-known-voices": 2, "dev-unseen-voices": 2, "train": 24}
    splits = [split.model_copy(update={"utterances": few[split.name]}) for split in shipped.split if split.name in few]
    sentences = shipped.sentences.model_copy(update={"held_out": 0.4})
    places = {"text": [str(tmp_path / "novel.txt")], "keep_out": [str(tmp_path / "evaluation")]}
    return shipped.model_copy(update={**places, "sentences": sentences, "split": splits})


def made(planned: list[Planned], corpus: Corpus, jobs: int = 1) -> None:
    write_transcripts(planned)
    write_recordings(planned, corpus.acoustics, jobs)


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_held_out_sentences_and_unseen_voices_are_read_nowhere_else(corpus: Corpus, tmp_path: Path) -> None:
    splits = plan(corpus, tmp_path / "made")
    assert {name: len(planned) for name, planned in splits.items()} == {
        "dev-known-voices": 2,
        "dev-unseen-voices": 2,
        "train": 24,
    }
    read = {name: {one.sentence.words for one in planned} for name, planned in splits.items()}
    assert not read["train"] & (read["dev-known-voices"] | read["dev-unseen-voices"])
    assert not read["dev-known-voices"] & read["dev-unseen-voices"]
    assert not any("EVALUATED" in words for name in read for words in read[name])
    voices = {name: {one.voice for one in planned} for name, planned in splits.items()}
    assert voices["train"] == set(corpus.voices.known)
    assert voices["dev-unseen-voices"] <= set(corpus.voices.unseen)


def test_a_longer_split_begins_like_a_shorter_one(corpus: Corpus, tmp_path: Path) -> None:
    longer = [split.model_copy(update={"utterances": split.utterances + 9}) for split in corpus.split[2:]]
    more = plan(corpus.model_copy(update={"split": [*corpus.split[:2], *longer]}), tmp_path)
    assert more["train"][:24] == plan(corpus, tmp_path)["train"]


def test_more_held_out_sentences_than_there_are_are_refused(corpus: Corpus, tmp_path: Path) -> None:
    many = [corpus.split[0].model_copy(update={"utterances": 17})]
    with pytest.raises(DataError, match="expected 17 held-out sentences"):
        plan(corpus.model_copy(update={"split": many}), tmp_path)


@needs_espeak
def test_it_is_the_same_whoever_makes_it_and_however_often(corpus: Corpus, tmp_path: Path) -> None:
    first, second = plan(corpus, tmp_path / "first"), plan(corpus, tmp_path / "second")
    made(first["train"], corpus)
    made(second["train"], corpus, jobs=2)
    kept = hashes(tmp_path / "first")
    assert len(kept) == 24 + 16
    assert hashes(tmp_path / "second") == kept
    first["train"][5].path.unlink()
    made(first["train"], corpus)
    assert hashes(tmp_path / "first") == kept


@needs_espeak
def test_it_has_the_layout_of_librispeech(corpus: Corpus, tmp_path: Path) -> None:
    planned = plan(corpus, tmp_path)["dev-unseen-voices"]
    made(planned, corpus)
    utterances = read_split(tmp_path / "dev-unseen-voices", transcripts="required")
    assert {utterance.text for utterance in utterances} == {one.sentence.words for one in planned}
    for utterance in utterances:
        found = soundfile.info(utterance.path)
        assert (found.samplerate, found.channels) == (16_000, 1)
        assert 0.5 < found.duration < 10


@needs_espeak
def test_an_ogg_has_the_same_samples_again(corpus: Corpus, tmp_path: Path) -> None:
    lossy = corpus.model_copy(update={"split": [corpus.split[0].model_copy(update={"format": "ogg"})]})
    first, second = (plan(lossy, tmp_path / name)["dev-known-voices"] for name in ("first", "second"))
    made(first, corpus)
    made(second, corpus)
    for one, again in zip(first, second, strict=True):
        assert one.path.suffix == ".ogg"
        assert np.array_equal(soundfile.read(one.path)[0], soundfile.read(again.path)[0])


@needs_espeak
def test_a_voice_that_there_is_not_is_named(corpus: Corpus, tmp_path: Path) -> None:
    strange = corpus.voices.model_copy(update={"known": ["xx-nowhere+m1"]})
    planned = plan(corpus.model_copy(update={"voices": strange}), tmp_path)["train"][:1]
    with pytest.raises(DataError, match="xx-nowhere"):
        made(planned, corpus)
