"""Token ids to text: the list of pieces, greedy CTC, the joining of words."""

from pathlib import Path

import numpy as np
import pytest

from earnest.errors import CheckpointError, FileError
from earnest.runtime.text import Tokens

TOKENS = Tokens(pieces=("<unk>", "▁the", "▁", "s", "▁cat", "'", "<blk>"))


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_pieces_join_to_words() -> None:
    assert TOKENS.blank == 6
    assert TOKENS.decode([1, 4, 5, 3]) == "the cat's"
    assert TOKENS.decode([2, 3, 2, 2, 3, 2]) == "s s"
    assert TOKENS.decode([]) == ""
    assert TOKENS.decode(np.array([1, 3])) == "thes"


def test_an_unknown_piece_is_a_word_that_no_transcript_holds() -> None:
    assert TOKENS.decode([1, 0, 3]) == "the ⁇ s"


@pytest.mark.parametrize("token", [-1, 6, 7])
def test_ids_without_text_are_refused(token: int) -> None:
    with pytest.raises(FileError, match="expected ids 0 to 5"):
        TOKENS.decode([1, token])


@pytest.mark.parametrize(
    "pieces",
    [(), ("a",), ("a", ""), ("a", "b", "a"), ("a", "\x1b[2J"), ("a", "b\nc"), ("a", "x" * 300), ("a", 3)],
    ids=range(8),
)
def test_hostile_pieces_are_refused(pieces: tuple[str, ...]) -> None:
    with pytest.raises(FileError, match="tokens"):
        Tokens(pieces=pieces)


def test_read_takes_any_order_and_pieces_with_spaces(tmp_path: Path) -> None:
    path = write(tmp_path / "tokens.txt", "▁a 1\n<blk> 3\n<unk> 0\nb c 2\n")
    assert Tokens.read(path).pieces == ("<unk>", "▁a", "b c", "<blk>")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", 'line 1: expected "piece index"'),
        ("a 0\n\nb 1\n", 'line 2: expected "piece index"'),
        ("a 0\nb\n", 'line 2: expected "piece index"'),
        ("a 0\nb -1\n", 'line 2: expected "piece index"'),
        ("a 0\nb 1.0\n", 'line 2: expected "piece index"'),
        ("a 0\nb ²\n", 'line 2: expected "piece index"'),
        ("a 0\nb 99999999999999999999\n", 'line 2: expected "piece index"'),
        ("a 0\nb 0\n", "line 2: index 0 is there twice"),
        ("a 0\nb 2\n", "index 1 is missing"),
        ("a 1\nb 2\n", "index 0 is missing"),
        ("a 0\na 1\n", "piece 'a' stands at 0 and again at 1"),
    ],
)
def test_a_list_that_is_broken_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = write(tmp_path / "tokens.txt", content)
    with pytest.raises(CheckpointError, match=r"tokens\.txt") as caught:
        Tokens.read(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="No such file"):
        Tokens.read(tmp_path / "tokens.txt")
    (tmp_path / "tokens.txt").write_bytes(b"a 0\n\xff\xfe 1\n")
    with pytest.raises(CheckpointError, match="not UTF-8"):
        Tokens.read(tmp_path / "tokens.txt")


def test_the_tokens_of_the_real_model(shared_data: Path) -> None:
    tokens = Tokens.read(shared_data / "models" / "stt_en_conformer_ctc_small" / "tokens.txt")
    assert (len(tokens.pieces), tokens.blank, tokens.pieces[-1]) == (1025, 1024, "<blk>")
    assert tokens.decode([2, 1]) == "thes"
