"""Pieces of words by byte-pair encoding over letters [Sennrich 2016, arXiv:1508.07909].

Learnt: start from letters and the mark of a word's start; again and again, join the two neighbours whose joined text is
most frequent (among equals the first in the alphabet) into a new piece. Encoded: in each word, again and again, join
the two neighbours whose joined text is the piece learnt earliest. So the list of pieces is all that is needed.
"""

import functools
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from earnest.errors import TrainingError
from earnest.runtime.text import WORD_START, Tokens

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ'")
BLANK = "<blk>"


def learn_pieces(texts: Iterable[str], classes: int) -> Tokens:
    """`classes` - 1 pieces and the blank. TrainingError: a character that is no letter, too little text."""
    counts = Counter(word for text in texts for word in text.split())
    words = {word: [WORD_START, *word] for word in counts}
    if strange := sorted(set("".join(counts)) - set(LETTERS)):
        raise TrainingError(f"transcripts: expected upper-case letters and apostrophes, got also {strange[:10]}")
    pieces = [WORD_START, *LETTERS]
    while len(pieces) < classes - 1:
        pairs: Counter[str] = Counter()
        for word, parts in words.items():
            for pair in pairwise(parts):
                pairs["".join(pair)] += counts[word]
        fresh = [text for text in pairs if text not in pieces]
        if not fresh:
            raise TrainingError(f"expected text for {classes - 1} pieces, got enough for {len(pieces)} only")
        best = min(fresh, key=lambda text: (-pairs[text], text))
        pieces.append(best)
        words = {word: join(parts, best) for word, parts in words.items()}
    return Tokens(pieces=(*pieces, BLANK))


def join(parts: list[str], piece: str) -> list[str]:
    """The parts, with neighbours that make the piece joined from left to right."""
    found: list[str] = []
    for part in parts:
        if found and found[-1] + part == piece:
            found[-1] = piece
        else:
            found.append(part)
    return found


class Encoder:
    """Texts to the ids of their pieces."""

    def __init__(self, tokens: Tokens) -> None:
        self.ids = {piece: index for index, piece in enumerate(tokens.pieces[:-1])}
        self.word = functools.cache(self._word)

    def __call__(self, text: str) -> list[int]:
        """The ids of a text. TrainingError for a character that no piece has."""
        return [token for word in text.split() for token in self.word(word)]

    @property
    def letters(self) -> set[str]:
        """The characters that are pieces."""
        return {piece for piece in self.ids if len(piece) == 1 and piece != WORD_START}

    def spells(self, text: str) -> bool:
        """Whether all of its characters are pieces."""
        return set("".join(text.split())) <= self.letters

    def _word(self, word: str) -> tuple[int, ...]:
        parts = [WORD_START, *word]
        if strange := [part for part in parts if part not in self.ids]:
            raise TrainingError(f"{word!r}: expected characters of the pieces, got {strange[0]!r}")
        while known := [self.ids[text] for pair in pairwise(parts) if (text := "".join(pair)) in self.ids]:
            earliest = min(known)
            parts = join(parts, next(piece for piece, index in self.ids.items() if index == earliest))
        return tuple(self.ids[part] for part in parts)
