"""No check of the judge can be taken out without a test that fails: each place that reports something is the only one
by which some cheat of the zoo is caught.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.judge.zoo.animals import CHEATS

import earnest.judge
from earnest.judge.verdict import Rule, Section

ROOM = Path(earnest.judge.__file__).parent
REPORTING = ("require", "report")
PASSING_ON = {(ROOM / "verdict.py", "require"), (ROOM / "program" / "place.py", "require")}
"""Functions that only pass on what they are given."""

Site = tuple[str, int]


def sites() -> Iterator[tuple[Site, int]]:
    """Every place that reports: its file and first line, and its last line."""
    for file in sorted(ROOM.rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text())):
            if not isinstance(function, ast.FunctionDef) or (file, function.name) in PASSING_ON:
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in REPORTING:
                    yield (str(file), node.lineno), node.end_lineno or node.lineno


SITES = dict(sites())


def reporting_site() -> Site:
    """The place that reports just now."""
    frame = sys._getframe(1)
    while frame is not None:
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        if Path(file).is_relative_to(ROOM) and (Path(file), name) not in PASSING_ON:
            found = [site for site, last in SITES.items() if site[0] == file and site[1] <= frame.f_lineno <= last]
            assert len(found) == 1, f"{file}:{frame.f_lineno}: a report that no call of {REPORTING} makes"
            return found[0]
        frame = frame.f_back
    raise AssertionError("a report from outside of the judge")


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Site]]:
    """For each cheat the places that report the rule that is meant to catch it."""
    found: dict[str, set[Site]] = defaultdict(set)
    report, current = Section.report, CHEATS[0]

    def noted(section: Section, rule: Rule, where: str, what: str) -> None:
        if rule.name == current.rule:
            found[current.name].add(reporting_site())
        report(section, rule, where, what)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Section, "report", noted)
        for current in CHEATS:
            current.judge(tmp_path_factory.mktemp("cheat"))
    return found


def test_names_are_told_apart():
    assert len({cheat.name for cheat in CHEATS}) == len(CHEATS) >= 30


def test_no_check_can_be_taken_out(caught: dict[str, set[Site]]):
    alone = {site for places in caught.values() if len(places) == 1 for site in places}
    unguarded = sorted(f"{Path(file).relative_to(ROOM)}:{line}" for file, line in set(SITES) - alone)
    assert unguarded == []
