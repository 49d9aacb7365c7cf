"""The tables of docs/verdict.md that come from the code; `python -m tests.judge.documentation` writes them anew."""

from collections.abc import Iterable
from pathlib import Path

from tests.judge.zoo.animals import CHEATS
from tests.judge.zoo.patterns import PATTERNS

from earnest.judge import claims, evaluation, onnx_file, replay
from earnest.judge.level import Level
from earnest.judge.program import rules as program
from earnest.judge.running import rules as running
from earnest.judge.verdict import Rule

SECTIONS: dict[str, tuple[Rule, ...]] = {
    "a program file": program.RULES,
    "a replay": replay.RULES,
    "a running model": (*running.TRACE_RULES, *running.STATE_RULES, running.NEIGHBOURS),
    "an ONNX file": onnx_file.RULES,
    "an evaluation": evaluation.RULES,
}
assert claims


def levels_table() -> str:
    """Every level and what it says."""
    return table(("level", "what is proved"), ((str(level), level.meaning) for level in Level))


def rules_table() -> str:
    """Every rule, and the highest level that there is without it."""
    rows = [
        (where if first else "", f"`{rule.name}`", rule.asks, "–" if rule.cap is None else str(rule.cap))
        for where, rules in SECTIONS.items()
        for first, rule in ((index == 0, rule) for index, rule in enumerate(rules))
    ]
    return table(("of", "rule", "what must hold", "else at most"), rows)


def patterns_table() -> str:
    """Every way to cheat, and the rules that cheats of the zoo are caught by."""
    rows = []
    for number, text in PATTERNS.items():
        found = [cheat for cheat in CHEATS if number in cheat.patterns]
        caught = ", ".join(f"`{name}`" for name in sorted({cheat.rule for cheat in found}))
        rows.append((str(number), text, str(len(found)) if found else "–", caught or "not caught"))
    return table(("", "the cheat", "in the zoo", "caught by"), rows)


def table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [heading, ("---",) * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES = {"levels": levels_table, "rules": rules_table, "patterns": patterns_table}


def renewed(text: str) -> str:
    """A page with its tables made anew."""
    for name, make in TABLES.items():
        opening, closing = f"<!-- judge:{name} -->", "<!-- /judge -->"
        before, _, rest = text.partition(opening)
        _, _, after = rest.partition(closing)
        text = f"{before}{opening}\n{make()}\n{closing}{after}"
    return text


if __name__ == "__main__":
    page = Path(__file__).parents[2] / "docs" / "verdict.md"
    page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
