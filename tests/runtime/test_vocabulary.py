"""Tokens to text: bytes, SentencePiece with bytes, special tokens, and what a file may not hold."""

from typing import Any

import pytest

from earnest.errors import FileError
from earnest.runtime.vocabulary import BYTE_LEVEL, SENTENCEPIECE, Vocabulary, byte_characters

BYTES = Vocabulary(coding=BYTE_LEVEL, pieces=(*byte_characters(), "Ġthe", "<|end|>", "<|0.02|>", "日"), special=(257,))
WORDS = Vocabulary(
    coding=SENTENCEPIECE, pieces=("<s>", "▁a", "b", "▁▁c", *(f"<0x{byte:02X}>" for byte in range(256))), special=(0,)
)


def bytes_of(text: bytes) -> list[int]:
    """The tokens of single bytes."""
    place = {byte: index for index, byte in enumerate(byte_characters().values())}
    return [place[byte] for byte in text]


def test_every_byte_has_a_character_of_its_own() -> None:
    table = byte_characters()
    assert sorted(table.values()) == list(range(256))
    assert (table["Ġ"], table["Ċ"], table["a"], table["é"]) == (0x20, 0x0A, 0x61, 0xE9)
    assert all(character.isprintable() for character in table)


def test_bytes_of_several_tokens_are_one_character() -> None:
    assert BYTES.decode(bytes_of("naïve 日本".encode())) == "naïve 日本"
    assert BYTES.decode([*bytes_of(b"a"), 256, 257, *bytes_of(b"!")]) == "a the!"
    assert BYTES.decode([258, *bytes_of(b"x"), 258]) == "x"
    assert BYTES.decode([259]) == "日", "a character that stands for no byte is text"


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert BYTES.decode(bytes_of(b"a\xe6\x97b\xff")) == "a\ufffdb\ufffd"
    assert BYTES.decode(bytes_of(b"\xed\xa0\x80")) == "\ufffd" * 3
    assert WORDS.decode([1, 4 + 0xE6, 4 + 0x97, 2]) == "a\ufffd\ufffdb"
    assert WORDS.decode([1, 4 + 0xE6, 4 + 0x97, 4 + 0xA5, 3, 0, 2]) == "a日 cb"


def test_text_is_one_line_without_control_characters() -> None:
    assert BYTES.decode(bytes_of(b"  a\n\tb \x1b[31m\x00")) == "a b \ufffd[31m\ufffd"
    assert WORDS.decode([4 + 0x1B]) == "\ufffd"
    assert WORDS.decode([]) == BYTES.decode([257]) == ""


@pytest.mark.parametrize("token", [-1, 260])
def test_an_id_that_is_no_piece_is_refused(token: int) -> None:
    for vocabulary in (BYTES, WORDS):
        with pytest.raises(FileError, match=f"expected ids 0 to 259, got {token}"):
            vocabulary.decode([token])


def test_a_section_is_read_back() -> None:
    for vocabulary in (BYTES, WORDS):
        assert Vocabulary.of(vocabulary.declared()) == vocabulary


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coding": "wordpiece"}, "expected a coding of"),
        ({"coding": ["byte-level"]}, "expected a coding of"),
        ({"pieces": "ab"}, "pieces: expected a list"),
        ({"pieces": ["a"]}, "expected 2 to 1048576 pieces, got 1"),
        ({"pieces": ["a", 1]}, "expected piece 1 to be text"),
        ({"pieces": ["a", "b" * 257]}, "expected piece 1 to be text of 256 characters"),
        ({"pieces": ["a", "\ud800"]}, "expected piece 1 to be text"),
        ({"special": {}}, "special: expected a list"),
        ({"special": [260]}, r"special ids 0 \.\. 259"),
        ({"special": [-1]}, "special ids"),
        ({"special": [True]}, "special ids"),
        ({"special": [2, 1]}, "ascending"),
        ({"special": [1, 1]}, "ascending"),
        ({"merges": []}, "expected an object of"),
    ],
)
def test_a_section_that_is_wrong_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(FileError, match=message):
        Vocabulary.of(BYTES.declared() | change)


@pytest.mark.parametrize("section", [None, [], "byte-level", {"pieces": []}])
def test_what_is_no_section_is_refused(section: object) -> None:
    with pytest.raises(FileError, match="tokens: expected an object of"):
        Vocabulary.of(section)
