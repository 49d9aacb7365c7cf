"""Word errors: substitutions, deletions and insertions of the best alignment, counted by our own dynamic program.

    WER = 100 (S + D + I) / N,  N = words of the reference      [Levenshtein 1966; Morris et al. 2004]

Of all alignments with the fewest errors the one with the fewest substitutions counts, that is the one with the most
correct words. This makes S, D and I well defined without an order of backtracking: errors E and substitutions S are the
least pair (E, S) in lexicographic order, and with M words of the hypothesis D - I = N - M, so D = (E - S + N - M) / 2
and I = D - N + M.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earnest.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class WordErrors:
    """Counts of one utterance or of many; `words` is the number of words of the reference."""

    substitutions: int
    deletions: int
    insertions: int
    words: int

    def __post_init__(self) -> None:
        if (
            min(self.substitutions, self.deletions, self.insertions) < 0
            or self.words < self.substitutions + self.deletions
        ):
            raise DataError(f"expected counts >= 0 with substitutions + deletions <= words, got {self!r}")

    def __add__(self, other: "WordErrors") -> "WordErrors":
        return WordErrors(
            substitutions=self.substitutions + other.substitutions,
            deletions=self.deletions + other.deletions,
            insertions=self.insertions + other.insertions,
            words=self.words + other.words,
        )

    @property
    def errors(self) -> int:
        """All of them: the edit distance."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def wer(self) -> float:
        """Word error rate in per cent, possibly above 100. DataError if there is no reference word."""
        if not self.words:
            raise DataError("no word error rate without a word in the references")
        return 100.0 * self.errors / self.words


def total(counts: Iterable[WordErrors]) -> WordErrors:
    """The sum over utterances (the corpus rate is the rate of the sum, not a mean of rates)."""
    return sum(counts, start=WordErrors(substitutions=0, deletions=0, insertions=0, words=0))


def align(reference_words: Sequence[str], hypothesis_words: Sequence[str]) -> WordErrors:
    """The errors of one hypothesis; words are compared as they are, so normalise them first."""
    for given in (reference_words, hypothesis_words):
        if isinstance(given, str):
            raise TypeError(f"expected a list of words, got one string: {given[:40]!r}")
    reference, hypothesis = _numbered(reference_words, hypothesis_words)
    n, m = len(reference), len(hypothesis)
    one = n + m + 1  # what an error weighs; a substitution weighs one more, and there are fewer than `one` of them
    row = one * np.arange(m + 1, dtype=np.int64)
    steps = one * np.arange(m + 1, dtype=np.int64)
    for i in range(n):
        best = row + one  # deletion
        best[1:] = np.minimum(best[1:], row[:-1] + np.where(hypothesis == reference[i], 0, one + 1))
        row = np.minimum.accumulate(best - steps) + steps  # insertions, from the left
    errors, substitutions = divmod(int(row[-1]), one)
    deletions = (errors - substitutions + n - m) // 2
    return WordErrors(substitutions=substitutions, deletions=deletions, insertions=deletions - n + m, words=n)


def _numbered(*texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], ...]:
    """Each text as numbers, equal words having equal numbers."""
    numbers: dict[str, int] = {}
    return tuple(np.array([numbers.setdefault(word, len(numbers)) for word in text], dtype=np.int64) for text in texts)
