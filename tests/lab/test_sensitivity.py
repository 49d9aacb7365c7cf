"""Sensitivity: nothing where nothing is rounded, everything where all is, and planted damage comes first."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from earnest.cli import main
from earnest.errors import DataError, EarnestError
from earnest.integer.program.program import INPUT
from earnest.integer.program.target import load_target
from earnest.lab.groups import BY, by_kind, narrowest, operators
from earnest.lab.sensitivity import LEAST_ERROR, Pair, ledger_rows, logits, margin_ratios, pair, real_logits, scan
from earnest.ledger.ledger import read
from earnest.ledger.rows import of_kind
from earnest.ledger.sensitivity import ALL_BUT, ALONE, SensitivityRow
from earnest.models import load
from earnest.nn.layout import Layout
from earnest.nn.model import run_real
from earnest.nn.parallel import one_torch_thread
from earnest.nn.twins.weighted import Weighted
from earnest.pipeline import quantize
from earnest.report.tables.sensitivity import Loss, scans
from earnest.runtime.audio import read_audio
from earnest.speech.librispeech import Utterance, read_split
from earnest.swapping.recipe import Recipe, Rule, load_recipe
from synthetic import TinyWorld

NORM = "encoder.layers.0.norm_self_att"
TARGET = "int8x16"


def utterances(world: TinyWorld) -> list[Utterance]:
    return read_split(world.data, transcripts="required")


def paired(world: TinyWorld, recipe: Recipe) -> Pair:
    recordings = [utterance.path for utterance in utterances(world)]
    return pair(load(world.model), recipe, load_target(TARGET), recordings[:3])


def heard(both: Pair, world: TinyWorld) -> Tensor:
    front_end = both.model.front_end
    samples = read_audio(utterances(world)[0].path, front_end.sample_rate).samples
    return torch.from_numpy(front_end(samples))[None]


@pytest.fixture(scope="module")
def both(tiny_world: TinyWorld) -> Pair:
    return paired(tiny_world, load_recipe("w4a8"))


@pytest.fixture(scope="module")
def rounded(tiny_world: TinyWorld) -> Pair:
    """Equalized, and rounded by GPTQ."""
    return paired(tiny_world, load_recipe("w4a8").model_copy(update={"methods": ["equalize", "gptq"]}))


@pytest.mark.parametrize("by", BY)
def test_every_operator_is_in_one_group(both: Pair, by: str) -> None:
    groups = BY[by](both.twins)
    found = [name for calls in groups.values() for name in calls]
    assert sorted(found) == sorted(operators(both.twins))
    assert not any(isinstance(both.twins.twin(name), Layout) for name in found)
    assert all(groups.values())


def test_groups_by_kind(both: Pair) -> None:
    groups = by_kind(both.twins)
    layer = "encoder.layers.0"
    for group, calls in {
        "stem": ["encoder.pre_encode.conv.0", "encoder.pre_encode.conv.2"],
        "head": ["decoder.decoder_layers.0"],
        "depthwise": [f"{layer}.conv.depthwise_conv"],
        "linear1": [f"{layer}.feed_forward1.linear1", f"{layer}.feed_forward2.linear1"],
        "linear_q": [f"{layer}.self_attn.linear_q"],
        "attention products": [f"{layer}.self_attn.matmul[{index}]" for index in range(3)],
        "softmax": [f"{layer}.self_attn.softmax[0]"],
        "residual": [f"{layer}.add[{index}]" for index in range(4)],
        "sums": [f"{layer}.self_attn.add[{index}]" for index in range(3)],
    }.items():
        assert sorted(groups[group]) == calls
    assert f"{layer}.self_attn.linear_pos" in groups["positions"]
    assert f"{layer}.self_attn.pos_bias_u" in groups["positions"]
    assert NORM in groups["norms"]
    assert f"{layer}.conv.glu[0]" in groups["functions"]
    assert (narrowest(both.twins, groups["norms"]), narrowest(both.twins, groups["linear_q"])) == (0, 4)


@pytest.mark.parametrize("made", ["both", "rounded"])
def test_nothing_quantized_is_the_float_model(made: str, tiny_world: TinyWorld, request: pytest.FixtureRequest) -> None:
    """That which was captured, whatever methods have done to the twins since; and all but all operators are it, too."""
    found: Pair = request.getfixturevalue(made)
    features, whole = heard(found, tiny_world), operators(found.twins)
    with torch.no_grad(), one_torch_thread():
        real = real_logits(found, features)
        nothing = dict(logits(found, {"nothing": [], "everything": whole}, features))
        original = found.model.module(features)[0]
    assert torch.equal(nothing["nothing", ALONE], real)
    assert torch.equal(nothing["everything", ALL_BUT], real)
    assert torch.allclose(real, original, atol=1e-4 * float(original.abs().max()))
    assert any(
        not torch.equal(found.real[name][0], found.rounded[name][0])
        for name in whole
        if isinstance(found.twins.twin(name), Weighted)
    )


@pytest.mark.parametrize("made", ["both", "rounded"])
def test_everything_quantized_is_one_thing_in_both_ways(
    made: str, tiny_world: TinyWorld, request: pytest.FixtureRequest
) -> None:
    """It is near the law, and not the float model."""
    found: Pair = request.getfixturevalue(made)
    features = heard(found, tiny_world)
    with torch.no_grad(), one_torch_thread():
        lost = dict(logits(found, {"nothing": [], "everything": operators(found.twins)}, features))
        law, real = found.twins(features)[0], real_logits(found, features)
    everything = lost["everything", ALONE]
    assert torch.equal(everything, lost["nothing", ALL_BUT])
    assert float((everything - law).norm()) < 0.5 * float((everything - real).norm())


def test_a_group_alone_is_the_float_model_with_it_rounded(both: Pair, tiny_world: TinyWorld) -> None:
    """Against hooks on the whole pass, of which nothing is left out."""
    features, name = heard(both, tiny_world), "encoder.layers.0.feed_forward1.linear2"
    twin = both.twins.twin(name)
    symbols = both.twins.symbols(features)
    values: dict[str, Tensor] = {}
    with torch.no_grad(), one_torch_thread():
        (alone, _) = (found for _, found in logits(both, {name: [name]}, features))
        run_real(both.twins, features, values.__setitem__)
        (reads,) = next(call.inputs for call in both.twins.calls if call.name == name)
        made = twin.output.nearest(twin.real([twin.operands[0].nearest(values[reads])], twin.quantized(), symbols))
        kept, twin.real = twin.real, lambda *_: made  # type: ignore[method-assign]
        try:
            expected = run_real(both.twins, features)[0]
        finally:
            twin.real = kept
    assert torch.equal(alone, expected)


def test_planted_damage_comes_first(tiny_world: TinyWorld) -> None:
    """A norm at two bits: alone its kind loses most, then what reads it, and all but it lose least."""
    shipped = load_recipe("w8a8")
    planted = Rule(path="encoder.layers.0.norm_feed_forward1", operator=["layer_norm"], bits=2)
    damaged = paired(tiny_world, shipped.model_copy(update={"rule": [planted, *shipped.rule]}))
    found = scan(damaged, by_kind(damaged.twins), utterances(tiny_world), model="tiny", data="synthetic")
    assert [group.name for group in found.groups[:2]] == ["norms", "linear1"]
    left = {group.name: group.all_but.kl for group in found.groups if group.all_but is not None}
    assert min(left, key=lambda name: left[name]) == "norms"
    assert left["norms"] < 0.5 * min(kl for name, kl in left.items() if name != "norms")


def test_margins() -> None:
    real = torch.tensor([[3.0, 1.0, 0.0], [0.0, 5.0, 4.0], [2.0, 2.0, 0.0], [7.0, 1.0, 0.0]])
    found = torch.tensor([[3.0, 2.0, 9.0], [0.0, 4.5, 4.0], [2.0, 1.0, 0.0], [9.0, 3.0, 0.0]])
    assert margin_ratios(real, found).tolist() == [2.0, 2.0, 0.0, pytest.approx(1 / LEAST_ERROR)]
    assert margin_ratios(real[2:3], real[2:3]).tolist() == [0.0]


def test_rows_are_those_of_the_scan(both: Pair, tiny_world: TinyWorld) -> None:
    groups = {name: by_kind(both.twins)[name] for name in ("norms", "linear1")}
    told: list[tuple[str, int, int]] = []
    found = scan(
        both, groups, utterances(tiny_world)[:2], model="m", data="d", progress=lambda *stage: told.append(stage)
    )
    assert told == [("measuring", 1, 2), ("measuring", 2, 2)]
    rows = list(ledger_rows(found, data_sha256="ab", command="earnest sensitivity"))
    assert [(row.group, row.way) for row in rows] == [
        (group.name, way) for group in found.groups for way in (ALONE, ALL_BUT)
    ]
    assert scans(rows) == [found]
    assert (found.recipe, found.target) == ("w4a8", TARGET)
    assert all(np.isfinite([group.alone.margin, group.all_but.margin]).all() for group in found.groups)  # type: ignore[union-attr]


def test_no_operators_lose_nothing(both: Pair, tiny_world: TinyWorld) -> None:
    found = scan(both, {"nothing": []}, utterances(tiny_world)[:2], model="m", data="d")
    (group,) = found.groups
    assert (group.operators, group.bits) == (0, 0)
    assert group.alone == Loss(loss=0.0, kl=0.0, margin=pytest.approx(1 / LEAST_ERROR), wer=found.float_wer)
    assert group.all_but is not None
    assert group.all_but.kl > 0


def test_what_cannot_be_measured(both: Pair, tiny_world: TinyWorld, tmp_path: Path) -> None:
    groups, (one, *_) = by_kind(both.twins), utterances(tiny_world)
    for wrong, error, message in (
        ([], DataError, "at least one utterance"),
        ([replace(one, text=None)], DataError, f"utterance {one.id}: expected its transcript"),
        ([replace(one, path=tmp_path / "none.wav")], EarnestError, f"utterance {one.id}: .*no such file"),
    ):
        with pytest.raises(error, match=message):
            scan(both, groups, wrong, model="m", data="d")


def line(world: TinyWorld, *more: str | Path) -> list[str]:
    options = ["--recipe", "w8a8", "--target", TARGET, "--calibrate", world.data, "--data", world.data]
    limits = ["--calibration-limit", "2", "--limit", "2"]
    return [str(part) for part in ("sensitivity", world.model, *options, *limits, *more)]


def test_the_command_prints_a_table_and_appends_rows(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    arguments = line(tiny_world, "--ledger", ledger)
    monkeypatch.setattr(sys, "argv", ["earnest", *arguments])
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    rows = of_kind(read(ledger), SensitivityRow)
    assert str(tmp_path) not in ledger.read_text()
    (found,) = scans(rows)
    assert len(rows) == 2 * len(found.groups)
    places = [out.index(f" {group.name} ") for group in found.groups]
    assert places == sorted(places)
    assert f"float WER: {found.float_wer:.2f} %" in out
    assert main([*line(tiny_world), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [group["name"] for group in told["groups"]] == [group.name for group in found.groups]
    assert told["data_sha256"] == rows[0].data_sha256


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "colour"], "--by: expected one of kind, operator, got colour"),
        (["--ledger", "nowhere/a"], "--ledger: no folder nowhere; make it first"),
        (["--limit", "0"], "Invalid value for '--limit'"),
        (["--recipe", "w1a1"], "expected a recipe of"),
    ],
)
def test_what_is_wrong_is_one_line(
    tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(line(tiny_world, *options)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err


def test_sensitivities_are_those_of_what_is_quantized(both: Pair, tiny_world: TinyWorld) -> None:
    """The twins of a pair are those of `quantize`."""
    recordings = [utterance.path for utterance in utterances(tiny_world)][:3]
    quantized = quantize(both.model, "w4a8", TARGET, recordings, name="tiny")
    features = heard(both, tiny_world)
    with torch.no_grad():
        assert torch.equal(quantized.twin(features), both.twins(features))
    assert both.twins.edge(INPUT).grid == quantized.twin.edge(INPUT).grid
