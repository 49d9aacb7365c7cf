"""The page says all that the verdict says, nothing else reaches it, and it needs nothing else."""

import re

import pytest
from tests.judge.page.material import (
    DECLARED,
    HOSTILE,
    NAMED,
    REASON,
    SHA256,
    SUMS,
    Markup,
    census_verdict,
    hostile_verdict,
    program_figures,
    program_steps,
    program_verdict,
    verdict,
)

from earnest.judge.level import Level
from earnest.judge.page.page import SEEN, graph_of, verdict_page
from earnest.judge.verdict import Rule, Section
from earnest.judge.wording import printable, shown


def leaves(value):
    """Every single figure in a value."""
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def texts(page):
    return Markup(page).text


def test_headline():
    text = texts(verdict_page(program_verdict()))
    for said in ("H4 R", "conformer-w4a8", Level.H4.meaning, "float operators 0", "bits per weight 4.635"):
        assert said in text
    for said in ("file bytes 7,568,499", f"sha256 {SHA256}", "2 rules passed, 0 failed , 1 unjudged", REASON):
        assert said in text


def test_a_program_says_its_own_size_where_the_facts_do_not():
    section = Section(name="program", rules=(), figures={"file_bytes": 123456})
    assert "file bytes 123,456" in texts(verdict_page(verdict(section, facts={}))).split("Rules")[0]


def test_what_is_not_counted_is_said():
    text = texts(verdict_page(hostile_verdict()))
    assert "float operators not counted" in text
    assert "bits per weight not counted" in text


def test_the_ladder_shows_where_the_level_lies():
    section = Section(name="program", rules=(DECLARED,))
    section.leave(DECLARED, "no text")
    ladder = [a["class"] for t, a in Markup(verdict_page(verdict(section))).tags if t == "li" and "title" in a]
    assert ladder == ["proved", "proved", "proved", "proved", "reached", "open", "beyond"]


def test_front_end_is_declared_float_and_shown_once():
    text = texts(verdict_page(program_verdict()))
    assert "Declared float: the front end name log-mel mels 80 hop 160" in text
    assert text.count("log-mel") == 1


def test_without_a_front_end_nothing_is_declared():
    figures = {key: value for key, value in program_figures().items() if key != "front_end"}
    assert "Declared float" not in texts(verdict_page(verdict(Section(name="program", rules=(), figures=figures))))


def test_what_the_next_level_needs():
    assert f"What stands in the way of H5 {REASON}" in texts(verdict_page(verdict()))
    section = Section(name="program", rules=(DECLARED,))
    section.report(DECLARED, "front_end", "nothing came")
    assert f"What stands in the way of H4 {DECLARED.asks}" in texts(verdict_page(verdict(section)))
    assert "stands in the way" not in texts(verdict_page(verdict(ceiling=Level.H5)))


def test_every_rule_with_its_standing():
    section = Section(name="program", rules=(SUMS, NAMED, DECLARED))
    section.report(SUMS, "encoder.linear", "expected 2^31")
    section.leave(NAMED, "it has no name")
    text = texts(verdict_page(verdict(section)))
    assert f"✕ failed accumulators {SUMS.asks} 1 found, above none" in text
    assert f"? unjudged headline {NAMED.asks} not asked: it has no name" in text
    assert f"✓ passed declared {DECLARED.asks} H3" in text


def test_rules_of_one_name_in_two_sections_are_two():
    one, other = (Section(name=name, rules=(SUMS,)) for name in ("one", "other"))
    one.report(SUMS, "here", "it fails")
    text = texts(verdict_page(verdict(one, other)))
    assert "✕ failed accumulators" in text
    assert "✓ passed accumulators" in text


def test_every_finding_with_its_operator():
    section = Section(name="program", rules=(SUMS,))
    for index in range(SEEN + 30):
        section.report(SUMS, f"layers.{index}.linear", f"a sum of {2**31 + index}")
    text = texts(verdict_page(verdict(section)))
    assert all(f"layers.{index}.linear a sum of {2**31 + index}" in text for index in range(SEEN + 30))
    assert "30 more of accumulators" in text


def test_no_finding_no_heading():
    assert "Found against it" not in texts(verdict_page(program_verdict()))


@pytest.mark.parametrize("made", [program_verdict, census_verdict])
def test_no_figure_is_dropped(made):
    found = made()
    text = texts(verdict_page(found))
    figures = [leaf for section in found.sections for leaf in leaves(section.figures)]
    assert len(figures) > 15
    assert [figure for figure in figures if shown(figure) not in text] == []


@pytest.mark.parametrize(
    "broken",
    [
        [],
        "none",
        [{"name": "a", "kind": "add", "inputs": ["input"], "bits": "many", "said": "unlikely words"}],
        [{"name": "a", "kind": 7, "inputs": [], "bits": 8, "said": "unlikely words"}],
        [{"kind": "add", "inputs": [], "bits": 8, "said": "unlikely words"}],
        ["unlikely words", {"name": ["a"]}],
        {"said": "unlikely words"},
    ],
)
def test_steps_that_are_no_graph_are_shown_as_figures(broken):
    assert graph_of(broken) is None
    section = Section(name="program", rules=(), figures={"steps": broken})
    text = texts(verdict_page(verdict(section)))
    assert [figure for figure in leaves(broken) if shown(figure) not in text] == []
    assert "coloured by bits" not in text


def test_every_operator_is_seen():
    page = verdict_page(program_verdict())
    assert len(Markup(page).of_class("cell")) == len(program_steps())
    titles = page.split('aria-label="Every operator')[1].split("</svg>")[0]
    assert [step["name"] for step in program_steps() if f"<title>{step['name']}\n" not in titles] == []


def test_equal_layers_are_drawn_once():
    text = texts(verdict_page(program_verdict(layers=16)))
    assert "encoder.layers.0 to 15 16 × 6 operators each" in text
    assert "accumulator bits of all: 18 to 33" in text


def test_the_legend_names_every_width_once():
    graph = graph_of(program_steps())
    assert graph is not None
    assert [bits for bits, _ in graph.legend] == [2, 4, 8, 16]
    assert sum(count for _, count in graph.legend) == len(program_steps())


def test_a_group_too_large_to_read_is_not_drawn_and_says_so():
    chain = [{"name": f"m.{n}.x", "kind": "add", "inputs": [], "bits": 8} for n in range(2)]
    chain += [{"name": f"big.a.s{n}", "kind": "add", "inputs": [f"big.a.s{n - 1}"], "bits": 8} for n in range(1600)]
    text = texts(verdict_page(verdict(Section(name="program", rules=(), figures={"steps": chain}))))
    assert text.count("Too many operators to draw") == 1
    assert "big.a.s1599" in text


def test_float_rows_of_a_census_are_marked():
    page = verdict_page(census_verdict())
    assert len(Markup(page).of_class("real")) == 1
    assert "aten._softmax float float32 16 yes attention" in texts(page)
    assert "<svg" not in page


def test_a_page_of_a_large_program_is_small():
    page = verdict_page(program_verdict(layers=130))
    assert len(program_steps(130)) > 780
    assert len(page.encode()) < 2_000_000


def test_the_same_verdict_makes_the_same_page():
    assert verdict_page(program_verdict()) == verdict_page(program_verdict())


def test_markup_is_balanced_and_ids_of_colours_exist():
    page = verdict_page(program_verdict())
    used = {name for attrs in Markup(page).tags for name in (attrs[1].get("class") or "").split()}
    assert {name for name in used if re.fullmatch(r"b\d+", name) and f".{name} " not in page} == set()


def test_the_page_needs_nothing_else():
    page = verdict_page(program_verdict())
    assert not re.search(r"://|\bsrc=|url\(|@import|<script|<iframe|<object|<base", page)
    links = [attrs.get("href") for tag, attrs in Markup(page).tags if tag in ("link", "a")]
    assert links == ["data:,"]
    policy = next(attrs["content"] for _, attrs in Markup(page).tags if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy


def test_hostile_names_are_text_and_nothing_else():
    page = verdict_page(hostile_verdict())
    parsed = Markup(page)
    assert not {tag for tag, _ in parsed.tags} & {"script", "img", "iframe", "object", "base", "form"}
    assert {name for _, attrs in parsed.tags for name in attrs if name.startswith("on")} == set()
    assert parsed.text.count(" ".join(printable(HOSTILE).split())) > 20
    assert [mark for mark in page if not mark.isprintable() and mark != "\n"] == []
    page.encode()


def test_hostile_names_leave_the_structure_as_it_is():
    def shape(name):
        rule = Rule(name=name, asks=name, cap=None)
        section = Section(name="program", rules=(rule,), figures={"note": name})
        section.report(rule, name, name)
        return [tag for tag, _ in Markup(verdict_page(verdict(section, facts={"note": "x"}))).tags]

    assert shape(HOSTILE) == shape("harmless")
