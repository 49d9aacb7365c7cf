"""LibriSpeech's layout: everything is read, in a fixed order, and whatever breaks the layout is named."""

import dataclasses
import hashlib
import random
from pathlib import Path

import pytest

from earnest.errors import DataError
from earnest.speech.librispeech import Utterance, data_sha256, read_split, select
from earnest.speech.normalisation import words


def build(root: Path) -> Path:
    """Two speakers, three chapters, five utterances, one format each."""
    chapters = {
        ("84", "121"): {"0000.flac": "ONE", "0001.wav": "TWO  WORDS"},
        ("84", "13"): {"0000.mp3": "THREE", "0002.ogg": "FOUR"},
        ("7", "9"): {"0000.FLAC": "it's five"},
    }
    for (speaker, chapter), recordings in chapters.items():
        folder = root / speaker / chapter
        folder.mkdir(parents=True)
        for name in recordings:
            (folder / f"{speaker}-{chapter}-{name}").write_bytes(f"audio of {name}".encode())
        lines = [f"{speaker}-{chapter}-{name.split('.')[0]} {text}\n" for name, text in recordings.items()]
        (folder / f"{speaker}-{chapter}.trans.txt").write_text("".join(reversed(lines)), encoding="utf-8")
    return root


@pytest.fixture
def split(tmp_path: Path) -> Path:
    return build(tmp_path / "split")


def refused(split: Path, *named: object) -> None:
    with pytest.raises(DataError) as caught:
        read_split(split, transcripts="required")
    for name in named:
        assert str(name) in str(caught.value)
    assert "\n" not in str(caught.value)


def made_up(count: int) -> list[Utterance]:
    return [
        Utterance(id=f"1-2-{i:04}", path=Path(f"{i}.flac"), text="A", speaker="1", chapter="2") for i in range(count)
    ]


def test_every_utterance_in_the_order_of_ids(split: Path) -> None:
    utterances = read_split(split, transcripts="required")
    assert [(u.id, u.text, u.speaker, u.chapter) for u in utterances] == [
        ("7-9-0000", "it's five", "7", "9"),
        ("84-121-0000", "ONE", "84", "121"),
        ("84-121-0001", "TWO  WORDS", "84", "121"),
        ("84-13-0000", "THREE", "84", "13"),
        ("84-13-0002", "FOUR", "84", "13"),
    ]
    assert utterances[1].path == split / "84" / "121" / "84-121-0000.flac"
    assert all(utterance.path.is_file() for utterance in utterances)


def test_audio_alone(split: Path) -> None:
    for lines in split.rglob("*.trans.txt"):
        lines.unlink()
    utterances = read_split(split, transcripts="absent")
    assert [utterance.text for utterance in utterances] == [None] * 5
    refused(split, "trans.txt", "No such file")


def test_audio_alone_reads_no_transcript_that_is_there(split: Path) -> None:
    for lines in split.rglob("*.trans.txt"):
        lines.write_bytes(b"\xff")
    assert {utterance.text for utterance in read_split(split, transcripts="absent")} == {None}


def test_hidden_files_and_blank_lines_do_not_matter(split: Path) -> None:
    (split / ".DS_Store").write_bytes(b"x")
    (split / "7" / "9" / "._7-9-0000.flac").write_bytes(b"x")
    (split / "7" / "9" / "7-9.trans.txt").write_bytes(b"\n7-9-0000 A B\r\n\n")
    assert read_split(split, transcripts="required")[0].text == "A B"


def test_a_folder_that_is_not_there_or_is_a_file(split: Path) -> None:
    refused(split / "none", split / "none", "no such folder")
    refused(split / "7" / "9" / "7-9.trans.txt", "7-9.trans.txt", "not a folder")


@pytest.mark.parametrize("folder", ["", "7", "7/9"])
def test_an_empty_folder(tmp_path: Path, folder: str) -> None:
    empty = tmp_path / "empty" / folder
    empty.mkdir(parents=True)
    refused(tmp_path / "empty", empty, "the folder is empty")


def test_a_chapter_without_recordings(split: Path) -> None:
    (split / "7" / "9" / "7-9-0000.FLAC").unlink()
    refused(split, split / "7" / "9", "no recording")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("README.txt", "expected a folder"),
        ("7/README.txt", "expected a folder"),
        ("7/9/notes.txt", "does not belong"),
        ("7/9/7-9-0001.m4a", "does not belong"),
        ("7/9/7-8.trans.txt", "does not belong"),
        ("7/9/deeper/a.flac", "does not belong"),
        ("7/9/7-8-0001.flac", "begins with 7-9-"),
        ("7/9/7-9-0000.wav", "there twice"),
    ],
)
def test_what_does_not_belong_there(split: Path, name: str, said: str) -> None:
    path = split / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    refused(split, "7-9-0000" if said == "there twice" else split / Path(*Path(name).parts[:3]), said)


def test_the_corpus_instead_of_a_split(split: Path) -> None:
    refused(split.parent, split / "7" / "9", "does not belong", "SPLIT/SPEAKER/CHAPTER")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"84-13-0000 THREE\n", "84-13-0002.ogg: no transcript"),
        (b"84-13-0000 THREE\n84-13-0002\n", "line 2: expected"),
        (b"84-13-0000 THREE\n84-13-0002 \n", "line 2: expected"),
        (b"84-13-0000 THREE\n84-13-0002 F\n84-13-0003 X\n", "line 3: no recording 84-13-0003"),
        (b"84-13-0000 THREE\n84-13-0000 F\n", "line 2: utterance 84-13-0000 is there twice"),
        (b"84-13-0000 THREE\n\n84-13-0002 \xff\n", "line 3: byte 11 is not UTF-8"),
        (b"", "no transcript"),
    ],
    ids=range(7),
)
def test_transcripts_that_do_not_fit(split: Path, content: bytes, said: str) -> None:
    (split / "84" / "13" / "84-13.trans.txt").write_bytes(content)
    refused(split, split / "84" / "13", said)


def test_a_choice_is_spread_nested_and_without_regard_to_order() -> None:
    utterances = made_up(400)
    chosen = select(utterances, 50)
    smallest = sorted(hashlib.sha256(u.id.encode()).hexdigest() for u in utterances)[:50]
    assert {hashlib.sha256(u.id.encode()).hexdigest() for u in chosen} == set(smallest)
    assert [u.id for u in chosen] == sorted(u.id for u in chosen)
    shuffled = random.Random(3).sample(utterances, len(utterances))
    assert select(shuffled, 50) == chosen
    assert {u.id for u in select(utterances, 20)} < {u.id for u in chosen}
    assert min(int(u.id[-4:]) for u in chosen) < 40
    assert max(int(u.id[-4:]) for u in chosen) > 360
    assert select(utterances, 1_000) == utterances
    with pytest.raises(DataError, match="at least 1"):
        select(utterances, 0)


def test_the_hash_of_the_data_sees_every_part(split: Path) -> None:
    utterances = read_split(split, transcripts="required")
    before = data_sha256(utterances)
    assert len(before) == 64
    assert data_sha256(reversed(utterances)) == before
    first, *others = utterances
    for changed in (
        [dataclasses.replace(first, text="it's six"), *others],
        [dataclasses.replace(first, text=None), *others],
        [dataclasses.replace(first, id="7-9-0001"), *others],
        others,
    ):
        assert data_sha256(changed) != before
    first.path.write_bytes(b"other audio")
    assert data_sha256(utterances) != before
    first.path.unlink()
    with pytest.raises(DataError, match="7-9-0000"):
        data_sha256(utterances)


def test_the_hash_of_the_data_does_not_see_where_it_lies(tmp_path: Path) -> None:
    one, two = (read_split(build(tmp_path / name), transcripts="required") for name in ("a", "b"))
    assert data_sha256(one) == data_sha256(two)


@pytest.mark.parametrize(
    ("split_name", "transcripts", "utterances", "word_count", "speakers"),
    [
        ("train-clean-100", "required", 367, 10_420, 3),
        ("train-clean-100-audio-only", "absent", 251, 0, 251),
        ("dev-clean", "required", 646, 13_263, 10),
        ("test-other", "required", 52, 1_065, 7),
        ("test-clean", "required", 8, 114, 5),
    ],
)
def test_the_counts_of_the_shared_data(
    shared_data: Path, split_name: str, transcripts: str, utterances: int, word_count: int, speakers: int
) -> None:
    found = read_split(shared_data / "librispeech" / split_name, transcripts=transcripts)  # type: ignore[arg-type]
    assert len(found) == utterances
    assert sum(len(words(utterance.text or "")) for utterance in found) == word_count
    assert len({utterance.speaker for utterance in found}) == speakers
