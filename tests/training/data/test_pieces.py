"""Pieces: learnt by frequency, encoded to what decodes to the same words, refused where there is too little."""

import pytest

from earnest.errors import TrainingError
from earnest.runtime.text import WORD_START
from earnest.training.data.pieces import LETTERS, Encoder, join, learn_pieces

TEXTS = ["THE CAT SAT ON THE MAT", "THEN THE RAT ATE IT", "DON'T THE CATS EAT"] * 3


def test_the_most_frequent_neighbours_are_joined_first() -> None:
    pieces = learn_pieces(TEXTS, len(LETTERS) + 5).pieces
    assert pieces[: len(LETTERS) + 1] == (WORD_START, *LETTERS)
    # AT stands in CAT, SAT, MAT, RAT, ATE, CATS, EAT; HE in THE (4 times) and THEN, and as often T before it.
    assert pieces[len(LETTERS) + 1 :] == ("AT", "HE", "THE", "<blk>")


@pytest.mark.parametrize("classes", [30, 35, 45])
def test_what_is_encoded_decodes_to_the_same_words(classes: int) -> None:
    tokens = learn_pieces(TEXTS, classes)
    encode = Encoder(tokens)
    for text in [*TEXTS, "QUIZ JUMPED VEX'D"]:
        assert tokens.decode(encode(text)) == text


def test_earlier_pieces_go_first() -> None:
    tokens = learn_pieces(TEXTS, len(LETTERS) + 5)
    ids = Encoder(tokens)("THEATRE")
    assert [tokens.pieces[index] for index in ids] == [WORD_START, "THE", "AT", "R", "E"]


def test_neighbours_are_joined_from_the_left() -> None:
    assert join(["A", "A", "A"], "AA") == ["AA", "A"]
    assert join(["B", "A", "B", "A"], "BA") == ["BA", "BA"]


@pytest.mark.parametrize("text", ["the cat", "CAT 22", "CAFÉ"])
def test_other_characters_are_refused(text: str) -> None:
    with pytest.raises(TrainingError, match="expected upper-case letters"):
        learn_pieces([*TEXTS, text], 30)
    with pytest.raises(TrainingError, match="expected characters of the pieces"):
        Encoder(learn_pieces(TEXTS, 30))(text)


def test_too_little_text_is_refused() -> None:
    with pytest.raises(TrainingError, match="expected text for 99 pieces"):
        learn_pieces(["A CAT"], 100)
