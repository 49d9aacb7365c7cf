"""A verdict: which level of honesty is proved, by which rules, on which figures, and what the next one needs.

A judge is a function that returns a `Section`: the rules that it asked, what it found against them, and its figures. A
verdict is a subject with sections. Nothing raises the level but the ceiling of the subject's kind; every rule that does
not hold lowers it to its cap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from earnest.judge.level import Level

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that must hold. `cap` is the highest level that can be proved where it does not; None is a claim that
    is false but touches no level.
    """

    name: str
    asks: str
    cap: Level | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where a rule does not hold (an operator's path, a tensor, an utterance), and what was expected and came."""

    rule: str
    where: str
    what: str


@dataclass(slots=True, kw_only=True)
class Section:
    """One judge's part. `unjudged` says of a rule why it could not be asked; such a rule has not passed.

    `figures` are plain JSON values.
    """

    name: str
    rules: tuple[Rule, ...]
    findings: list[Finding] = field(default_factory=list)
    unjudged: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def report(self, rule: Rule, where: str, what: str) -> None:
        """A rule does not hold."""
        if rule not in self.rules:
            raise ValueError(f"{self.name}: no rule {rule.name} among {[known.name for known in self.rules]}")
        self.findings.append(Finding(rule=rule.name, where=where, what=what))

    def require(self, holds: bool, rule: Rule, where: str, what: str) -> bool:
        """Report a rule that does not hold; whether it does."""
        if not holds:
            self.report(rule, where, what)
        return holds

    def leave(self, rule: Rule, why: str) -> None:
        """A rule cannot be asked."""
        self.unjudged[rule.name] = why

    def standing(self, rule: Rule) -> str:
        """`failed`, `unjudged` or `passed`."""
        if any(finding.rule == rule.name for finding in self.findings):
            return "failed"
        return "unjudged" if rule.name in self.unjudged else "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged. `ceiling` is the highest level that its kind can have, `reason` what a higher one would need."""

    kind: str
    name: str
    ceiling: Level
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A subject and what its judges found."""

    subject: Subject
    float_operators: int | None
    bits_per_weight: float | None
    sections: tuple[Section, ...]

    @property
    def failed(self) -> list[Finding]:
        """Everything that was found against the subject."""
        return [finding for section in self.sections for finding in section.findings]

    @property
    def level(self) -> Level:
        """The highest level that is proved."""
        return min([self.subject.ceiling, *self._caps().values()])

    @property
    def replayed(self) -> bool:
        """The mark R: an independent replay agreed bit for bit."""
        return any(section.figures.get("replayed") is True and not section.findings for section in self.sections)

    @property
    def mark(self) -> str:
        """The level as it is printed: H4, or H4 R."""
        return f"{self.level} R" if self.replayed and self.level >= Level.H4 else str(self.level)

    def needs(self) -> list[str]:
        """What stands between this level and the next: rules that do not hold or could not be asked, or the ceiling."""
        rules = {rule.name: rule for section in self.sections for rule in section.rules}
        capping = [rules[name].asks for name, cap in self._caps().items() if cap == self.level]
        return capping or [self.subject.reason]

    def section(self, name: str) -> Section | None:
        """The part of one judge, or None where it was not asked."""
        return next((section for section in self.sections if section.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain JSON values (docs/verdict.md)."""
        following = None if self.level is Level.H5 else Level(self.level + 1)
        return {
            "version": VERSION,
            "kind": self.subject.kind,
            "name": self.subject.name,
            **self.subject.facts,
            "level": str(self.level),
            "meaning": self.level.meaning,
            "replayed": self.replayed,
            "float_operators": self.float_operators,
            "bits_per_weight": self.bits_per_weight,
            "failed": [
                {"section": section.name, "rule": found.rule, "where": found.where, "what": found.what}
                for section in self.sections
                for found in section.findings
            ],
            "next": None if following is None else {"level": str(following), "needs": self.needs()},
            "sections": {
                section.name: {
                    "rules": {
                        rule.name: {"asks": rule.asks, "standing": section.standing(rule)}
                        | ({"why": section.unjudged[rule.name]} if rule.name in section.unjudged else {})
                        for rule in section.rules
                    },
                    "figures": section.figures,
                }
                for section in self.sections
            },
        }

    def _caps(self) -> dict[str, Level]:
        """The cap of every rule that limits the level and has not passed."""
        return {
            rule.name: rule.cap
            for section in self.sections
            for rule in section.rules
            if rule.cap is not None and section.standing(rule) != "passed"
        }
