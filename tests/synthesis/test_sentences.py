"""Sentences: what nobody could say how to read is left out, what is held out is held out of everything."""

import pytest

from synthesis.sentences import Sentence, frequent, kept_out, passages, shared_out


def words(text: str, least: int = 3, most: int = 6) -> list[str]:
    return [sentence.words for sentence in passages(text, least=least, most=most, book=1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He said no more. Was it so? It was, indeed!", ["HE SAID NO MORE", "WAS IT SO", "IT WAS INDEED"]),
        ("She had\ngone away\n\nto the sea", ["SHE HAD GONE AWAY", "TO THE SEA"]),
        ("“Don’t go,” said Mr. Brooke", ["SAID MISTER BROOKE"]),
        ("the to-night _of_ boys' dreams", ["THE TO NIGHT OF BOYS DREAMS"]),
        ("I was there--he was not", ["I WAS THERE", "HE WAS NOT"]),
        ("one two three four, five six seven, eight nine", ["ONE TWO THREE FOUR", "FIVE SIX SEVEN EIGHT NINE"]),
        ("one two three four five six seven", []),
        ("CHAPTER THE FIRST", []),
        ("it was in 1776 then", []),
        ("the café was closed", []),
        ("Mina J Harker went out", []),
        ("I or O or a b", []),
        ("I saw a man", ["I SAW A MAN"]),
    ],
)
def test_passages(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_commas_are_spoken_and_not_written() -> None:
    assert list(passages("Well, I Never, did I", least=3, most=9, book=4)) == [
        Sentence(words="WELL I NEVER DID I", spoken="well, i never, did i", book=4)
    ]


def made(*texts: str) -> list[Sentence]:
    return [Sentence(words=text, spoken=text.lower(), book=1) for text in texts]


def test_only_frequent_words() -> None:
    sentences = made("A B C", "A B D", "A B C", "E A B")
    assert frequent(sentences, 3) == made("A B C", "A B C")
    assert frequent(sentences, 4) == made("A B C", "A B D", "A B C")


def test_what_a_transcript_holds_is_kept_out_even_as_a_part() -> None:
    sentences = made("HE SAID NO", "SHE SAID NO", "SAID NO MORE", "AID NO")
    assert kept_out(sentences, ["AND THEN HE SAID NO MORE", "SHE", "SAID NO"]) == made("SHE SAID NO", "AID NO")


def test_each_is_on_one_side_once_and_the_seed_decides() -> None:
    sentences = made(*(f"SENTENCE NUMBER {number}" for number in range(400) for _ in range(2)))
    train, held_out = shared_out(sentences, 0.25, 1)
    assert len(train) + len(held_out) == len({one.words for one in train + held_out}) == 400
    assert 60 <= len(held_out) <= 140
    assert shared_out(reversed(sentences), 0.25, 1) == (train, held_out)
    assert shared_out(sentences, 0.25, 2)[1] != held_out
    assert set(shared_out(sentences[:300], 0.25, 1)[1]) <= {*held_out}
