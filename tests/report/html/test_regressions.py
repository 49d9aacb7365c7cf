"""What got worse, in order, with the words that differ."""

import random

import pytest
from tests.report.material import line, write_lines

from earnest.errors import DataError
from earnest.report.html.hypotheses import texts_below
from earnest.report.html.regressions import SHOWN, beside, regressions
from earnest.speech.word_errors import align


def found(folder, lines):
    write_lines(folder / "a.jsonl", lines)
    (texts,) = texts_below([folder])
    return regressions(texts)


def standings(words):
    return [(word.text, word.standing) for word in words]


def test_words_are_marked(tmp_path):
    (shown,) = found(tmp_path, [line()]).shown
    assert [pair for pair in standings(shown.integer) if pair[1] != "same"] == [
        ("CATS", "other"),
        ("THE", "other"),
        ("NOW", "added"),
    ]
    assert [pair for pair in standings(shown.reference) if pair[1] != "same"] == [("CAT", "other"), ("ON", "other")]
    assert {word.standing for word in shown.real} == {"same"}
    assert (shown.more, shown.seconds) == (3, 2.5)


def test_a_missing_word_is_shown_in_its_place():
    hypothesis, spoken = beside(["A", "B", "C"], ["A", "C"])
    assert standings(hypothesis) == [("A", "same"), ("B", "missing"), ("C", "same")]
    assert standings(spoken) == [("A", "same"), ("B", "other"), ("C", "same")]
    assert beside([], []) == ((), ())
    assert standings(beside([], ["A"])[0]) == [("A", "added")]
    assert standings(beside(["A"], [])[0]) == [("A", "missing")]


def test_as_many_words_are_marked_as_there_are_errors():
    generator = random.Random(1)
    for _ in range(200):
        spoken, hypothesis = ([generator.choice("ABC") for _ in range(generator.randrange(8))] for _ in range(2))
        marked, reference = beside(spoken, hypothesis)
        assert sum(word.standing != "same" for word in marked) == align(spoken, hypothesis).errors
        assert [word.text for word in reference] == spoken
        assert [word.text for word in marked if word.standing != "missing"] == hypothesis


def test_only_what_got_worse_counts_the_worst_first(tmp_path):
    lines = [
        line("same", hypothesis="THE CAT SAT ON THE MAT", errors=0),
        line("better", hypothesis="THE CAT SAT ON THE MAT", errors=0, float_hypothesis="THE", float_errors=5),
        line("one", hypothesis="THE CAT SAT ON THE", errors=1),
        line("all", hypothesis="", errors=6),
        line("the same but more", hypothesis="", errors=6, float_hypothesis="THE", float_errors=5),
    ]
    result = found(tmp_path, lines)
    assert [each.id for each in result.shown] == ["all", "the same but more", "one"]
    assert (result.worse, result.better, result.added, result.removed) == (3, 1, 8, 5)


def test_no_more_than_the_worst_are_shown(tmp_path):
    result = found(tmp_path, [line(f"{number:03}") for number in range(SHOWN + 3)])
    assert (len(result.shown), result.worse) == (SHOWN, SHOWN + 3)
    assert result.shown[-1].id == f"{SHOWN - 1:03}"


@pytest.mark.parametrize(("key", "told"), [("errors", 4), ("errors", 2), ("float_errors", 1)])
def test_a_file_that_miscounts_is_refused(tmp_path, key, told):
    with pytest.raises(DataError, match=f"a.jsonl: utterance 1-2-0003: expected the . {key} of its texts, got {told}"):
        found(tmp_path, [line(**{key: told})])
