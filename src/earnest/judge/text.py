"""A verdict as plain text for a terminal."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from earnest.judge.level import Level
from earnest.judge.verdict import Rule, Section, Verdict
from earnest.judge.wording import DEEPEST, is_figure, is_plain, label, line, printable, shown

NARROWEST = 40
SEEN = 8
"""Findings of one rule that are printed; the page and the JSON have all."""
LABEL = 18
LONGEST = 16
"""Parts of a list that are printed."""


def verdict_text(verdict: Verdict, *, width: int) -> str:
    """The verdict in lines of at most `width` columns (40 where it is less): level, figures, rules that failed or could
    not be asked, and what the next level needs.
    """
    width = max(width, NARROWEST)
    lines = [
        *_wrapped(f"{verdict.mark}  {printable(verdict.subject.name)} ({printable(verdict.subject.kind)})", width),
        *_wrapped(verdict.level.meaning, width),
        "",
        *_headline(verdict, width),
        "",
        *_rules(verdict, width),
        "",
    ]
    for section in verdict.sections:
        key = label(section.name)
        for text in _figures(section):
            lines += _entry(key, text, width)
            key = ""
    lines += ["", *_next(verdict, width)]
    return "\n".join(lines) + "\n"


def _headline(verdict: Verdict, width: int) -> Iterator[str]:
    counted = {"float operators": verdict.float_operators, "bits per weight": verdict.bits_per_weight}
    for key, value in counted.items():
        yield from _entry(key, "not counted" if value is None else shown(value), width)
    for key, value in verdict.subject.facts.items():
        yield from _entry(label(key), _told(value), width)
    program = verdict.section("program")
    if program is not None and program.figures.get("front_end"):
        yield from _entry("declared float", f"the front end: {_told(program.figures['front_end'])}", width)
    yield from _entry("highest possible", f"{verdict.subject.ceiling}; why no higher: {verdict.subject.reason}", width)


def _rules(verdict: Verdict, width: int) -> Iterator[str]:
    asked = [(section, rule, section.standing(rule)) for section in verdict.sections for rule in section.rules]
    counts = Counter(standing for _, _, standing in asked)
    total = ", ".join(f"{counts[standing]} {standing}" for standing in ("passed", "failed", "unjudged"))
    yield from _entry("rules", total, width)
    for section, rule, standing in asked:
        if standing == "failed":
            yield from _failed(section, rule, width)
    for section, rule, standing in asked:
        if standing == "unjudged":
            yield from _wrapped(f"UNJUDGED {section.name}: {rule.name}: {section.unjudged[rule.name]}", width)


def _failed(section: Section, rule: Rule, width: int) -> Iterator[str]:
    cap = "" if rule.cap is None else f" (caps the level at {rule.cap})"
    yield from _wrapped(f"FAILED {section.name}: {rule.name}: {rule.asks}{cap}", width)
    found = [finding for finding in section.findings if finding.rule == rule.name]
    for finding in found[:SEEN]:
        yield from _wrapped(f"{finding.where}: {finding.what}", width, indent="    ")
    if len(found) > SEEN:
        yield f"    and {len(found) - SEEN} more"


def _next(verdict: Verdict, width: int) -> Iterator[str]:
    if verdict.level is Level.H5:
        yield from _wrapped("There is no higher level.", width)
        return
    key = f"in the way of {Level(verdict.level + 1)}"
    for need in verdict.needs():
        yield from _entry(key, need, width)
        key = ""


def _figures(section: Section) -> list[str]:
    """Figures as texts, the single ones first and in one; the front end stands in the headline."""
    single, rest = [], []
    for key, value in section.figures.items():
        if section.name == "program" and key == "front_end" and value:
            continue
        if is_figure(value):
            single.append(f"{label(key)} {shown(value)}")
        elif key == "interval" and isinstance(value, list | tuple) and len(value) == 2 and is_plain(value):
            single.append(f"interval {shown(value[0])} to {shown(value[1])}")
        else:
            rest.append(f"{label(key)}: {_told(value)}")
    return (["; ".join(single)] if single else []) + rest


def _told(value: Any, depth: int = 0) -> str:
    """A value with its parts in one line; of a long list, how many parts it has."""
    if is_figure(value):
        return shown(value)
    if depth >= DEEPEST:
        return printable(value)
    if isinstance(value, Mapping):
        deep = any(not is_figure(part) for part in value.values())
        parts = [
            f"{label(key)}{' ' if is_figure(part) and not str(key)[:1].isdigit() else ': '}{_told(part, depth + 1)}"
            for key, part in value.items()
        ]
        return ("; " if deep else ", ").join(parts) or "none"
    if len(value) <= LONGEST and all(is_figure(part) for part in value):
        return line(value)
    return f"{shown(len(value))} entries, in the page and the JSON"


def _entry(key: str, text: str, width: int) -> list[str]:
    return _wrapped(f"{key:<{LABEL}}{text}", width, hanging=" " * LABEL)


def _wrapped(text: str, width: int, *, indent: str = "", hanging: str = "  ") -> list[str]:
    """Lines of a text in which nothing is unprintable, broken inside a word only where it is longer than a line."""
    return textwrap.wrap(
        printable(text),
        width,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
