"""Utterances that a program recognizes worse than its float model, with the words that differ.

Words are aligned with the fewest errors [Levenshtein 1966], by jiwer; the numbers of errors that a file tells are
counted again for what is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import jiwer

from earnest.errors import DataError
from earnest.report.html.hypotheses import Texts, UtteranceTexts
from earnest.speech.normalisation import words

SHOWN = 50
"""Utterances of one program that are shown."""

Standing = Literal["same", "other", "added", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a hypothesis beside the reference: the same, another one, one too many; or one that is missing."""

    text: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """One utterance; in the reference those words are marked that the program has not."""

    id: str
    seconds: float | None
    errors: int
    float_errors: int
    reference: tuple[Word, ...]
    real: tuple[Word, ...]
    integer: tuple[Word, ...]

    @property
    def more(self) -> int:
        """How many errors the program adds."""
        return self.errors - self.float_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Regressions:
    """One evaluation: how many utterances got worse and better than float, and by how many errors; the worst shown."""

    texts: Texts
    worse: int
    better: int
    added: int
    removed: int
    shown: tuple[Regression, ...]


def regressions(texts: Texts) -> Regressions:
    """What got worse, most added errors first, then most errors. DataError: a file that miscounts what is shown."""
    worse = [each for each in texts.utterances if each.errors > each.float_errors]
    better = [each for each in texts.utterances if each.errors < each.float_errors]
    worse.sort(key=lambda each: (each.float_errors - each.errors, -each.errors, each.id))
    return Regressions(
        texts=texts,
        worse=len(worse),
        better=len(better),
        added=sum(each.errors - each.float_errors for each in worse),
        removed=sum(each.float_errors - each.errors for each in better),
        shown=tuple(_regression(each, texts.source) for each in worse[:SHOWN]),
    )


def _regression(utterance: UtteranceTexts, source: str) -> Regression:
    reference, integer, real = (words(text) for text in (utterance.reference, utterance.integer, utterance.real))
    marked, missed = beside(reference, integer)
    real_marked, _ = beside(reference, real)
    counts = ((utterance.errors, marked, "errors"), (utterance.float_errors, real_marked, "float_errors"))
    for told, found, name in counts:
        counted = sum(word.standing != "same" for word in found)
        if counted != told:
            raise DataError(
                f"{source}: utterance {utterance.id}: expected the {counted} {name} of its texts, got {told}; "
                "evaluate the program anew"
            )
    return Regression(
        id=utterance.id,
        seconds=utterance.seconds,
        errors=utterance.errors,
        float_errors=utterance.float_errors,
        reference=missed,
        real=real_marked,
        integer=marked,
    )


def beside(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words of a hypothesis with those that it lacks, and those of the reference, `other` where it has not them."""
    marked, spoken = [], []
    aligned = jiwer.process_words(" ".join(reference), " ".join(hypothesis)).alignments[0]
    for chunk in aligned:
        ours = hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]
        theirs = reference[chunk.ref_start_idx : chunk.ref_end_idx]
        standing: Standing = "same" if chunk.type == "equal" else "other"
        if chunk.type == "insert":
            marked += [Word(text=word, standing="added") for word in ours]
        elif chunk.type == "delete":
            marked += [Word(text=word, standing="missing") for word in theirs]
            spoken += [Word(text=word, standing="other") for word in theirs]
        else:
            marked += [Word(text=word, standing=standing) for word in ours]
            spoken += [Word(text=word, standing=standing) for word in theirs]
    return tuple(marked), tuple(spoken)
