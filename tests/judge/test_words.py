"""The judge's counts are those of our own dynamic program, which shares no code with them."""

import numpy as np
import pytest

from earnest.judge.words import Count, counted, interval, normalised, rate, total
from earnest.speech.normalisation import NORMALISATION, normalise
from earnest.speech.significance import paired_bootstrap
from earnest.speech.word_errors import align

WORDS = np.array(["A", "B", "C", "D"])


def texts(seed: int, count: int = 60) -> tuple[list[str], list[str]]:
    generator = np.random.default_rng(seed)
    made = [[" ".join(generator.choice(WORDS, generator.integers(low, 12))) for _ in range(count)] for low in (1, 0)]
    return made[0], made[1]


def test_counts_are_those_of_our_own_dynamic_program():
    references, hypotheses = texts(1)
    counts = counted(references, hypotheses)
    for reference, hypothesis, count in zip(references, hypotheses, counts, strict=True):
        expected = align(reference.split(), hypothesis.split())
        said = Count(
            substitutions=expected.substitutions,
            deletions=expected.deletions,
            insertions=expected.insertions,
            words=expected.words,
            hypothesis_words=0,
        )
        assert count.agrees(said)
        assert (count.words, count.hypothesis_words) == (len(reference.split()), len(hypothesis.split()))
    assert rate(total(counts)) == pytest.approx(100 * sum(c.errors for c in counts) / sum(c.words for c in counts))
    assert counted([], []) == []
    assert rate(total([])) is None


def test_a_count_agrees_with_no_other_one():
    base = {"substitutions": 2, "deletions": 3, "insertions": 1, "words": 9, "hypothesis_words": 7}
    one = Count(**base)
    assert one.agrees(Count(**(base | {"substitutions": 4, "deletions": 2, "insertions": 0})))
    for change in ({"substitutions": 1}, {"deletions": 4, "insertions": 0}, {"words": 8}):
        assert not one.agrees(Count(**(base | change)))


def test_intervals_are_those_of_our_own_bootstrap():
    references, hypotheses = texts(2)
    real, integer = counted(references, hypotheses), counted(references, hypotheses[::-1])
    expected = paired_bootstrap(
        [c.errors for c in real], [c.errors for c in integer], [c.words for c in real], resamples=10_000, seed=20
    )
    assert interval(integer, real) == expected.interval
    assert interval(*[[*counts, counted([""], ["A"])[0]] for counts in (integer, real)]) is None
    assert interval([], []) is None


def test_normalisation_is_ours_under_its_name_only():
    text = "  a Bé\tc\u00a0d, \n"
    assert normalised(text, NORMALISATION) == normalise(text)
    assert normalised(text, "another") == "a Bé c d,"
