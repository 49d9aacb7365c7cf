"""Word errors and the interval of their difference, counted by the judge itself: jiwer, and a bootstrap of its own.

    WER = 100 (S + D + I) / N,  N = words of the references
    difference = 100 (sum errors_integer - sum errors_float) / sum words      over utterances drawn with replacement

The interval runs from the 2.5th to the 97.5th percentile of the differences of `RESAMPLES` draws [Bisani and Ney 2004,
ICASSP]. Alignments that tie in their errors may divide them differently into substitutions, deletions and insertions:
what two counts must share is the errors, and deletions minus insertions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jiwer
import numpy as np

RESAMPLES, SEED = 10_000, 20
_TAILS = (2.5, 97.5)
_AT_ONCE = 1 << 20

UPPER_CASE = "upper-case-1"


def normalised(text: str, normalisation: str) -> str:
    """The words of a text as they are compared. `upper-case-1`: upper case and single spaces; a text under any other
    name is taken as it stands, so that whoever has a rule of their own gives normalised texts.
    """
    return " ".join((text.upper() if normalisation == UPPER_CASE else text).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Word errors of one utterance or of many, and the words of the reference and of the hypothesis."""

    substitutions: int
    deletions: int
    insertions: int
    words: int
    hypothesis_words: int

    @property
    def errors(self) -> int:
        """All of them: the edit distance."""
        return self.substitutions + self.deletions + self.insertions

    def agrees(self, other: "Count") -> bool:
        """Whether both count the same texts."""
        mine, theirs = self.deletions - self.insertions, other.deletions - other.insertions
        return (self.errors, mine, self.words) == (other.errors, theirs, other.words)


def counted(references: Sequence[str], hypotheses: Sequence[str]) -> list[Count]:
    """The errors of each utterance; texts are normalised, words lie between single spaces."""
    if not references:
        return []
    aligned = jiwer.process_words(list(references), list(hypotheses))
    counts = []
    for reference, hypothesis, chunks in zip(references, hypotheses, aligned.alignments, strict=True):
        kinds = {"substitute": 0, "delete": 0, "insert": 0, "equal": 0}
        for chunk in chunks:
            in_reference = chunk.ref_end_idx - chunk.ref_start_idx
            kinds[chunk.type] += max(in_reference, chunk.hyp_end_idx - chunk.hyp_start_idx)
        counts.append(
            Count(
                substitutions=kinds["substitute"],
                deletions=kinds["delete"],
                insertions=kinds["insert"],
                words=len(reference.split()),
                hypothesis_words=len(hypothesis.split()),
            )
        )
    return counts


def total(counts: Sequence[Count]) -> Count:
    """The sum of counts."""
    names = ("substitutions", "deletions", "insertions", "words", "hypothesis_words")
    return Count(**{name: sum(getattr(count, name) for count in counts) for name in names})


def rate(count: Count) -> float | None:
    """The word error rate, per cent; None where there is no word."""
    return 100.0 * count.errors / count.words if count.words else None


def interval(integer: Sequence[Count], real: Sequence[Count]) -> tuple[float, float] | None:
    """The 95 % interval of integer minus float, per cent of the words; None where an utterance has no words."""
    words = np.array([count.words for count in real], dtype=np.int64)
    if not len(words) or words.min() < 1:
        return None
    delta = np.array([a.errors - b.errors for a, b in zip(integer, real, strict=True)], dtype=np.int64)
    generator = np.random.Generator(np.random.PCG64(SEED))
    found = np.empty(RESAMPLES)
    rows = max(1, _AT_ONCE // len(words))
    for start in range(0, RESAMPLES, rows):
        drawn = generator.integers(len(words), size=(min(rows, RESAMPLES - start), len(words)))
        found[start : start + rows] = 100.0 * delta[drawn].sum(axis=1) / words[drawn].sum(axis=1)
    low, high = np.percentile(found, _TAILS)
    return float(low), float(high)
