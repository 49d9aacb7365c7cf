"""Every cheat of the zoo is caught by the rule that is meant to catch it; nothing honest raises an alarm."""

from pathlib import Path

import pytest
from tests.judge.zoo.animals import CHEATS, HONEST
from tests.judge.zoo.cheat import Cheat, Honest


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_a_cheat_is_caught_by_its_rule(cheat: Cheat, tmp_path: Path):
    failed = {finding.rule for finding in cheat.judge(tmp_path).failed}
    assert cheat.rule in failed
    assert failed == {cheat.rule} or not cheat.alone


@pytest.mark.parametrize("honest", HONEST, ids=lambda honest: honest.name)
def test_nothing_honest_raises_an_alarm(honest: Honest, tmp_path: Path):
    verdict = honest.judge(tmp_path)
    assert verdict.failed == []
    assert str(verdict.level) == honest.level
