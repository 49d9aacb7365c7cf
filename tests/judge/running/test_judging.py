"""The judge of running models: every cheat is caught by its rule, nothing honest is accused, levels are true."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.judge.zoo.cheat import Cheat, Honest
from tests.judge.zoo.running import CHEATS, HONEST, STEP, Layer, Model, fake, utterances
from tests.swapping.modules import Attention, Joined, Norms, PostNorm, Twice, inputs, swapped
from torch import Tensor, nn
from torch.nn import functional

from earnest.errors import EarnestError
from earnest.judge.running import judge_running
from earnest.judge.running.rules import NEIGHBOURS, STATE_RULES, TRACE_RULES
from earnest.judge.verdict import Verdict
from earnest.models.conformer.config import ConformerConfig
from earnest.models.hub.random_weights import random_conformer


def _rules(verdict: Verdict) -> set[str]:
    return {finding.rule for finding in verdict.failed}


def _figures(verdict: Verdict) -> dict[str, Any]:
    section = verdict.section("trace")
    assert section is not None
    return section.figures


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_cheats_are_caught(cheat: Cheat, tmp_path: Path):
    rules = _rules(cheat.judge(tmp_path))
    assert cheat.rule in rules
    if cheat.alone:
        assert rules == {cheat.rule}


@pytest.mark.parametrize("honest", HONEST, ids=lambda honest: honest.name)
def test_the_honest_are_not_accused(honest: Honest, tmp_path: Path):
    verdict = honest.judge(tmp_path)
    assert verdict.failed == []
    assert str(verdict.level) == honest.level
    assert verdict.float_operators == 0


def test_every_rule_has_a_cheat():
    assert {cheat.rule for cheat in CHEATS} == {rule.name for rule in (*TRACE_RULES, *STATE_RULES, NEIGHBOURS)}


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (Attention(causal=True), "int8x16"),
        (Attention(causal=False), "int8"),
        (PostNorm(), "int8x16"),
        (Norms(), "int8"),
        (Joined(), "int8x16"),
        (Twice(), "int8"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_twins(model: nn.Module, target: str):
    verdict = judge_running(swapped(model, target), inputs((33, 40)))
    assert verdict.failed == []
    assert (str(verdict.level), verdict.float_operators) == ("H2", 0)
    assert _figures(verdict)["products"].keys() == {"codes"}
    before = judge_running(model, inputs((33, 40)))
    assert str(before.level) == "none"
    assert "codes" not in _figures(before)["products"]


@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_twins_of_a_conformer(target: str):
    config = ConformerConfig(
        features=20, width=16, layers=1, heads=2, feed_forward=32, kernel=7, channels=8, classes=11, max_frames=400
    )
    verdict = judge_running(swapped(random_conformer(0, config), target, features=20), inputs((60, 81), 20))
    assert verdict.failed == []
    assert (str(verdict.level), verdict.float_operators) == ("H2", 0)


class _FakeQuantized(nn.Module):
    """Weights and activations on grids, computed in float, with a scale for the whole tensor."""

    def __init__(self, *, activations: bool) -> None:
        super().__init__()
        self.inner, self.activations = Layer(), activations

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(fake(x) if self.activations else x, self.inner.real_weight())


def test_levels_below():
    assert str(judge_running(_FakeQuantized(activations=False), utterances()).level) == "H0"
    verdict = judge_running(_FakeQuantized(activations=True), utterances())
    assert str(verdict.level) == "H1"
    assert _figures(verdict)["products"] == {"grid": 4}


def test_the_census():
    figures = _figures(judge_running(Model(), utterances()))
    rows = {(row["operator"], row["inputs"][0]): row for row in figures["operators"]}
    product = rows["aten.mm", "float32"]
    assert product["inputs"] == ["float32", "float32"]
    assert (product["calls"], product["float"], product["modules"]) == (8, False, ["first", "last"])
    assert rows["aten.__rshift__", "int64"]["outputs"] == ["int64"]
    assert figures["products"] == {"codes": 8}
    assert (figures["runs"], figures["outside"], figures["read_as_numbers"]) == (4, {}, 0)


def test_what_lies_outside_of_the_window_is_listed():
    class Framed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = Layer()

        def forward(self, x: Tensor) -> Tensor:
            return torch.log_softmax(self.body(torch.round(torch.tanh(x) / STEP)) * STEP, -1)

    verdict = judge_running(Framed(), utterances(), codes_in="body", codes_out="body")
    assert verdict.failed == []
    assert {"aten.tanh", "aten._log_softmax"} <= _figures(verdict)["outside"].keys()
    assert "no-float-operators" in _rules(judge_running(Framed(), utterances()))


def test_where_no_product_is_seen_nothing_is_proved():
    verdict = judge_running(torch.round, utterances())
    assert verdict.failed == []
    assert str(verdict.level) == "none"
    section = verdict.section("trace")
    assert section is not None
    assert set(section.unjudged.values()) == {"no product was seen"}


def test_arguments_by_name_and_in_tuples():
    model = Model()
    (short, long) = utterances()
    plain = judge_running(model, [short, long])
    for many in ([(short,), (long,)], [{"x": short}, {"x": long}]):
        assert judge_running(model, many).to_json() == plain.to_json()


def test_refusals():
    with pytest.raises(EarnestError, match="of different lengths"):
        judge_running(Model(), utterances(9, 9))
    with pytest.raises(EarnestError, match="of different lengths"):
        judge_running(Model(), utterances(9))
    with pytest.raises(EarnestError, match=r"such as first.*got 'frist'"):
        judge_running(Model(), utterances(), codes_in="frist")


def test_the_model_is_left_as_it_was():
    model = Model()
    hooks = len(nn.modules.module._global_forward_hooks)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    judge_running(model, utterances())
    assert len(nn.modules.module._global_forward_hooks) == hooks
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_model_that_fails_leaves_no_hooks():
    def broken(x: Tensor) -> Tensor:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        judge_running(broken, utterances())
    assert not nn.modules.module._global_forward_hooks
