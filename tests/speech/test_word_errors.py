"""Word errors against every possible alignment (tiny texts), against jiwer, and by their own laws."""

import functools

import jiwer
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from earnest.errors import DataError
from earnest.speech.word_errors import WordErrors, align, total

texts = st.lists(st.sampled_from("abcd"), max_size=12)


def counts(errors: WordErrors) -> tuple[int, int, int]:
    return errors.substitutions, errors.deletions, errors.insertions


def every_alignment(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> set[tuple[int, int, int]]:
    """(S, D, I) of every alignment there is, good or bad."""

    @functools.cache
    def of(i: int, j: int) -> frozenset[tuple[int, int, int]]:
        if i == j == 0:
            return frozenset({(0, 0, 0)})
        found: set[tuple[int, int, int]] = set()
        if i and j:
            wrong = reference[i - 1] != hypothesis[j - 1]
            found |= {(s + wrong, d, n) for s, d, n in of(i - 1, j - 1)}
        if i:
            found |= {(s, d + 1, n) for s, d, n in of(i - 1, j)}
        if j:
            found |= {(s, d, n + 1) for s, d, n in of(i, j - 1)}
        return frozenset(found)

    return set(of(len(reference), len(hypothesis)))


@given(st.lists(st.sampled_from("abc"), max_size=5), st.lists(st.sampled_from("abc"), max_size=5))
@example(list("ab"), list("ba"))
def test_the_best_of_all_alignments(reference: list[str], hypothesis: list[str]) -> None:
    alignments = every_alignment(tuple(reference), tuple(hypothesis))
    best = min(alignments, key=lambda found: (sum(found), found[0]))
    assert counts(align(reference, hypothesis)) == best


def test_fewest_substitutions_decide_a_tie() -> None:
    assert counts(align(["a", "b"], ["b", "a"])) == (0, 1, 1)  # not two substitutions
    assert counts(align(["a", "b"], ["c", "d"])) == (2, 0, 0)


@given(texts.filter(bool), texts)
def test_jiwer_finds_as_many_errors(reference: list[str], hypothesis: list[str]) -> None:
    ours = align(reference, hypothesis)
    theirs = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    assert ours.errors == theirs.substitutions + theirs.deletions + theirs.insertions
    assert ours.deletions - ours.insertions == theirs.deletions - theirs.insertions
    assert ours.substitutions <= theirs.substitutions
    assert ours.wer == pytest.approx(100 * theirs.wer)


@given(texts, texts)
def test_the_two_sides_are_mirrors(reference: list[str], hypothesis: list[str]) -> None:
    substitutions, deletions, insertions = counts(align(reference, hypothesis))
    assert counts(align(hypothesis, reference)) == (substitutions, insertions, deletions)
    assert deletions - insertions == len(reference) - len(hypothesis)


def test_nothing_said_and_nothing_heard() -> None:
    assert counts(align([], [])) == (0, 0, 0)
    assert counts(align(["a", "b"], [])) == (0, 2, 0)
    assert counts(align([], ["a", "b"])) == (0, 0, 2)
    assert counts(align(["a"] * 3, ["a"] * 3)) == (0, 0, 0)


def test_a_long_text() -> None:
    reference = [str(i) for i in range(2_000)]
    hypothesis = ["x", *reference[:700], *reference[701:1_500], "y", *reference[1_501:]]
    assert counts(align(reference, hypothesis)) == (1, 1, 1)


def test_the_rate_is_in_per_cent_of_the_reference() -> None:
    errors = align(["the", "cat", "sat", "down"], ["a", "cat", "sat", "right", "down", "now"])
    assert (errors, errors.wer) == (WordErrors(substitutions=1, deletions=0, insertions=2, words=4), 75.0)
    assert align(["a"], ["b", "c", "d"]).wer == 300.0
    with pytest.raises(DataError, match="without a word"):
        _ = align([], ["a"]).wer


def test_the_rate_of_a_corpus_is_the_rate_of_the_sum() -> None:
    parts = [align(["a"], ["b"]), align(["a"] * 9, ["a"] * 9)]
    assert total(parts) == WordErrors(substitutions=1, deletions=0, insertions=0, words=10)
    assert total(parts).wer == 10.0
    assert total([]) == WordErrors(substitutions=0, deletions=0, insertions=0, words=0)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(TypeError, match="one string"):
        align("a b", ["a"])
    with pytest.raises(DataError, match="counts"):
        WordErrors(substitutions=1, deletions=1, insertions=0, words=1)
    with pytest.raises(DataError, match="counts"):
        WordErrors(substitutions=0, deletions=0, insertions=-1, words=1)
