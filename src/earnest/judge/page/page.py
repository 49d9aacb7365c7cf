"""A verdict as one HTML page: no script, no other file, nothing from the network."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from earnest.judge.level import Level
from earnest.judge.page.blocks import FEW, Block, block, shade
from earnest.judge.page.graph import Drawing, draw
from earnest.judge.page.overview import Overview, overview
from earnest.judge.page.palette import WIDEST, colour, ink
from earnest.judge.page.steps import Repetition, Step, read_steps, repetitions_of
from earnest.judge.verdict import VERSION, Finding, Section, Verdict
from earnest.judge.wording import printable, shown

SEEN = 12
"""Findings of one rule that are seen before the rest is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRule:
    """A rule with its standing, why it could not be asked, and everything that was found against it."""

    name: str
    asks: str
    cap: str
    standing: str
    why: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A program as it is drawn; a repetition that is too large to be read has no drawing."""

    steps: tuple[Step, ...]
    overview: Overview
    repetitions: tuple[tuple[Repetition, Drawing | None], ...]
    legend: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one judge measured: single figures, then everything that has a form of its own."""

    name: str
    figures: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    graph: Graph | None


def verdict_page(verdict: Verdict) -> str:
    """The whole page. Everything that the verdict says stands in it; nothing in it was measured anew."""
    program = verdict.section("program")
    following = None if verdict.level is Level.H5 else Level(verdict.level + 1)
    return (
        _environment()
        .get_template("verdict.html")
        .render(
            verdict=verdict,
            figures=_headline(verdict),
            levels=[(level, _state(verdict, level)) for level in Level],
            following=following,
            front_end=None if program is None or not _declares(program) else block("", program.figures["front_end"]),
            rules=[(section.name, _rules(section)) for section in verdict.sections],
            counts=Counter(section.standing(rule) for section in verdict.sections for rule in section.rules),
            parts=[_part(section) for section in verdict.sections if section.figures],
            shades=[(bits, colour(bits), ink(bits)) for bits in range(1, WIDEST + 1)],
            version=VERSION,
        )
    )


def graph_of(listed: Any) -> Graph | None:
    """The steps of a section as they are drawn; None where they are not a list of steps."""
    steps = read_steps(listed)
    if steps is None:
        return None
    repetitions = repetitions_of(steps)
    return Graph(
        steps=steps,
        overview=overview(steps, repetitions),
        repetitions=tuple((repetition, draw(steps, repetition)) for repetition in repetitions),
        legend=tuple(sorted(Counter(step.seen for step in steps).items())),
    )


def _environment() -> Environment:
    folder = resources.files("earnest.judge.page")
    environment = Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(FEW=FEW, SEEN=SEEN)
    environment.filters.update(shown=shown, shade=shade)
    return environment


def _finalized(value: Any) -> Any:
    """Nothing reaches the page that is not printable, but the line ends of our own titles."""
    if type(value) is not str:
        return value
    return value if value.isprintable() else "\n".join(printable(part) for part in value.split("\n"))


def _headline(verdict: Verdict) -> list[tuple[str, str]]:
    counted = "not counted" if verdict.float_operators is None else shown(verdict.float_operators)
    bits = "not counted" if verdict.bits_per_weight is None else shown(verdict.bits_per_weight)
    facts = dict(verdict.subject.facts)
    program = verdict.section("program")
    if program is not None and "file_bytes" in program.figures:
        facts = {"file_bytes": program.figures["file_bytes"], **facts}
    found = [("float operators", counted), ("bits per weight", bits)]
    return found + [(key.replace("_", " "), _fact(value)) for key, value in facts.items()]


def _fact(value: Any) -> str:
    text = block("", value)
    return text.text if text.form == "text" else printable(value)


def _state(verdict: Verdict, level: Level) -> str:
    """Where a level lies: `reached`, `proved` with it, `open`, or `beyond` what anything of the kind can have."""
    if level == verdict.level:
        return "reached"
    if level < verdict.level:
        return "proved"
    return "open" if level <= verdict.subject.ceiling else "beyond"


def _declares(program: Section) -> bool:
    return bool(program.figures.get("front_end"))


def _rules(section: Section) -> list[AskedRule]:
    return [
        AskedRule(
            name=rule.name,
            asks=rule.asks,
            cap="" if rule.cap is None else str(rule.cap),
            standing=section.standing(rule),
            why=section.unjudged.get(rule.name, ""),
            findings=tuple(finding for finding in section.findings if finding.rule == rule.name),
        )
        for rule in section.rules
    ]


def _part(section: Section) -> Part:
    """A section's figures in their order; the steps of a program as a graph, its front end at the top of the page."""
    figures: dict[str, Any] = dict(section.figures)
    graph = graph_of(figures.get("steps")) if "steps" in figures else None
    if graph is not None:
        del figures["steps"]
    if section.name == "program" and _declares(section):
        del figures["front_end"]
    blocks = {key: block(key, value) for key, value in _flat(figures).items()}
    return Part(
        name=section.name,
        figures=tuple((key.replace("_", " "), found.text) for key, found in blocks.items() if found.form == "text"),
        blocks=tuple(found for found in blocks.values() if found.form != "text"),
        graph=graph,
    )


def _flat(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures with those multiply-accumulates that are drawn beside, not inside, the list that they belong to."""
    products = figures.get("multiply_accumulates")
    if not isinstance(products, Mapping) or "by_bits" not in products or "by_bits" in figures:
        return dict(figures)
    rest = {key: value for key, value in products.items() if key != "by_bits"}
    return {**figures, "multiply_accumulates": rest, "by_bits": products["by_bits"]}
