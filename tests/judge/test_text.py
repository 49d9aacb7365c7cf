"""The verdict for a terminal: all that a stranger must know, within the width, and no code that a terminal obeys."""

import pytest
from tests.judge.page.material import (
    DECLARED,
    HOSTILE,
    NAMED,
    REASON,
    SHA256,
    SUMS,
    census_verdict,
    hostile_verdict,
    program_verdict,
    verdict,
)

from earnest.judge.level import Level
from earnest.judge.text import SEEN, verdict_text
from earnest.judge.verdict import Rule, Section

WIDE = 4000


def words(text):
    return " ".join(text.split())


def test_a_program():
    text = words(verdict_text(program_verdict(), width=100))
    for said in ("H4 R conformer-w4a8 (program)", Level.H4.meaning, "float operators 0", "bits per weight 4.635"):
        assert said in text
    for said in (
        f"sha256 {SHA256}",
        "file bytes 7,568,499",
        "rules 2 passed, 0 failed, 1 unjudged",
        "weights 13,062,368",
    ):
        assert said in text
    assert "declared float the front end: name log-mel, mels 80, hop 160" in text
    assert "UNJUDGED program: headline: it has no name" in text
    assert "interval -0.021 to 0.318" in text
    assert f"highest possible H4; why no higher: {REASON}" in text
    assert f"in the way of H5 {REASON}" in text


def test_the_front_end_is_declared_once():
    assert verdict_text(program_verdict(), width=WIDE).count("log-mel") == 1


def test_an_honest_program_is_short():
    assert len(verdict_text(program_verdict(), width=100).splitlines()) <= 40


def test_every_rule_that_failed_with_where_and_what():
    section = Section(name="program", rules=(SUMS, NAMED, DECLARED))
    section.report(SUMS, "encoder.linear", "expected 2^31")
    section.report(NAMED, "title", "expected w4")
    text = verdict_text(verdict(section), width=WIDE)
    assert (
        f"FAILED program: accumulators: {SUMS.asks} (caps the level at none)\n    encoder.linear: expected 2^31\n"
        in text
    )
    assert f"FAILED program: headline: {NAMED.asks}\n    title: expected w4\n" in text
    assert "FAILED program: declared" not in text
    assert text.startswith("none  conformer-w4a8")
    assert f"in the way of H0  {SUMS.asks}" in text


def test_many_findings_are_counted():
    section = Section(name="program", rules=(SUMS,))
    for index in range(SEEN + 7):
        section.report(SUMS, f"layers.{index}", "too large")
    text = verdict_text(verdict(section), width=80)
    assert text.count("too large") == SEEN
    assert "and 7 more" in text
    section.findings[SEEN:] = []
    assert "more" not in verdict_text(verdict(section), width=80)


def test_rules_of_one_name_in_two_sections_are_two():
    one, other = (Section(name=name, rules=(SUMS,)) for name in ("one", "other"))
    other.report(SUMS, "here", "it fails")
    text = verdict_text(verdict(one, other), width=80)
    assert "1 passed, 1 failed" in text
    assert "FAILED other: accumulators" in text


def test_what_is_not_counted_is_said():
    text = words(verdict_text(hostile_verdict(), width=200))
    assert "float operators not counted" in text
    assert "bits per weight not counted" in text


def test_long_lists_are_counted_and_unknown_figures_shown():
    assert "rows: 2 entries, in the page and the JSON" in words(verdict_text(census_verdict(), width=100))
    text = words(verdict_text(program_verdict(), width=100))
    assert "steps: 21 entries" in text
    assert "invented later: deep: 2 entries" in text
    figures = {"new": {"a": 1, "4": 2, "few": [1, 2]}, "none": {}}
    text = verdict_text(verdict(Section(name="s", rules=(), figures=figures)), width=WIDE)
    assert "new: a 1; 4: 2; few: 1, 2\n" in text
    assert "none: none\n" in text


def test_figures_within_figures_end_somewhere():
    deep = {"innermost": "told"}
    for _ in range(300):
        deep = {"in": deep}
    assert "told" in verdict_text(verdict(Section(name="s", rules=(), figures=deep)), width=WIDE * 10)


def test_the_highest_level_needs_nothing():
    assert "There is no higher level." in verdict_text(verdict(ceiling=Level.H5), width=80)


@pytest.mark.parametrize("width", [-5, 0, 40, 53, 80, 200])
@pytest.mark.parametrize("made", [program_verdict, census_verdict, hostile_verdict])
def test_no_line_is_wider(width, made):
    rule = Rule(name="x" * 90, asks="y" * 300, cap=None)
    section = Section(name="z" * 120, rules=(rule,), figures={"k" * 200: "v" * 200})
    section.report(rule, "w" * 150, "a b " * 100)
    found = made()
    for said in (found, verdict(*found.sections, section)):
        assert max(map(len, verdict_text(said, width=width).splitlines())) <= max(width, 40)


def test_a_terminal_obeys_no_name():
    text = verdict_text(hostile_verdict(), width=100)
    assert [mark for mark in text if not mark.isprintable() and mark != "\n"] == []
    assert "\\x1b[31m" in text
    assert HOSTILE not in text
    text.encode()
