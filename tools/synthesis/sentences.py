"""Sentences of a text as LibriSpeech writes them: upper-case letters, apostrophes inside words, single spaces.

A passage ends at a full stop, a question or exclamation mark, a colon, a semicolon, a dash, a quotation mark or a
bracket; a long one is cut at its commas. What holds anything else than words (digits, foreign letters, headings in
capitals, initials) is left out, since nobody could say how it is read.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

TITLES = {"Mr": "Mister", "Mrs": "Missus", "Dr": "Doctor", "St": "Saint"}
ONE_LETTER = {"A", "I", "O"}

_TITLE = re.compile(rf"\b({'|'.join(TITLES)})\.")
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
_ENDS = re.compile(r'[.!?;:"()]|--+|—')
_PLAIN = re.compile(r"[A-Za-z', ]+")
_SHARES = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """`words` is the transcript; `spoken` the same in lower case with its commas, for the synthesiser. `book` counts
    the texts from 1.
    """

    words: str
    spoken: str
    book: int


def passages(text: str, *, least: int, most: int, book: int) -> Iterator[Sentence]:
    """Passages of `least` to `most` words, in the order of the text."""
    for paragraph in re.split(r"\n\s*\n", text):
        line = " ".join(paragraph.translate(_QUOTES).replace("_", "").split())
        line = _TITLE.sub(lambda found: TITLES[found[1]], line)
        for passage in _ENDS.split(line):
            clean = passage.replace("-", " ").strip(" ,")
            if _PLAIN.fullmatch(clean):
                yield from _cut(clean, least, most, book)


def _cut(passage: str, least: int, most: int, book: int) -> Iterator[Sentence]:
    """A passage, in as many parts as its commas have to make."""
    part: list[list[str]] = []
    for clause in [*passage.split(","), None]:
        words = [] if clause is None else [word for word in (word.strip("'") for word in clause.split()) if word]
        count = sum(map(len, part))
        if part and (clause is None or count + len(words) > most):
            if least <= count <= most and all(map(_is_word, (word for clause in part for word in clause))):
                spoken = ", ".join(" ".join(clause) for clause in part).lower()
                yield Sentence(words=spoken.replace(",", "").upper(), spoken=spoken, book=book)
            part = []
        if words:
            part.append(words)


def _is_word(word: str) -> bool:
    if len(word) == 1:
        return word.upper() in ONE_LETTER
    return not word.isupper()


def frequent(sentences: Sequence[Sentence], vocabulary: int) -> list[Sentence]:
    """Those that hold no word but the `vocabulary` most frequent ones (among equals the first in the alphabet)."""
    counts = Counter(word for sentence in sentences for word in sentence.words.split())
    known = set(sorted(counts, key=lambda word: (-counts[word], word))[:vocabulary])
    return [sentence for sentence in sentences if known.issuperset(sentence.words.split())]


def kept_out(sentences: Iterable[Sentence], transcripts: Iterable[str]) -> list[Sentence]:
    """Those that occur in none of the transcripts, not even as a part of one."""
    spoken = "\n".join(f" {transcript} " for transcript in transcripts)
    return [sentence for sentence in sentences if f" {sentence.words} " not in spoken]


def shared_out(sentences: Iterable[Sentence], held_out: float, seed: int) -> tuple[list[Sentence], list[Sentence]]:
    """Sentences to train on, and those held out: each once, in an order and on a side that a hash of seed and words
    decides.
    """
    by_words = {sentence.words: sentence for sentence in reversed(list(sentences))}
    keys = {words: sha256(f"{seed}:{words}".encode()).digest() for words in by_words}
    ordered = sorted(by_words, key=lambda words: keys[words][::-1])

    def held(words: str) -> bool:
        return int.from_bytes(keys[words][:4], "big") < held_out * _SHARES

    train = [by_words[words] for words in ordered if not held(words)]
    return train, [by_words[words] for words in ordered if held(words)]
