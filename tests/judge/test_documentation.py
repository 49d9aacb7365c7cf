"""docs/verdict.md says what the code does: its tables, and the keys of a verdict."""

import re
from pathlib import Path

from tests.judge.documentation import PATTERNS, SECTIONS, renewed
from tests.judge.zoo.animals import CHEATS
from tests.judge.zoo.planting import honest, saved


def page(root: Path) -> str:
    return (root / "docs" / "verdict.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code(root: Path):
    assert renewed(page(root)) == page(root), "python -m tests.judge.documentation"


def test_every_rule_has_a_cheat():
    caught = {cheat.rule for cheat in CHEATS}
    assert {rule.name for rules in SECTIONS.values() for rule in rules} - caught == set()


def test_most_ways_to_cheat_are_in_the_zoo():
    planted = {number for cheat in CHEATS for number in cheat.patterns}
    assert planted <= set(PATTERNS)
    assert len(planted) >= 30


def test_the_keys_of_a_verdict_are_told(root: Path, tmp_path: Path):
    lines = page(root).split("## The verdict as JSON")[1].splitlines()
    told = {key for line in lines if line.startswith("| `") for key in re.findall(r"`(\w+)`", line.split(" | ")[0])}
    found = saved(honest())(tmp_path).to_json()
    assert set(found) <= told
    assert set(found["sections"]["program"]["figures"]) <= told
