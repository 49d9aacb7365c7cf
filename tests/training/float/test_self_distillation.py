"""A float model taught by itself: with nothing to learn it stays as it is, and it goes on after a kill."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.training.tiny_training import AUGMENTATION, kill_once_kept, write_taught

from earnest.errors import TrainingError
from earnest.models import load
from earnest.runtime.audio import read_audio
from earnest.training import log
from earnest.training.device import CPU
from earnest.training.float.self_distillation import SelfDistillationRun, groups
from earnest.training.loop import Callbacks
from earnest.training.specification import SelfDistillation, TaughtDescent, load_training
from earnest.training.train import train
from synthetic import TinyWorld

KEPT = ("state.safetensors", "model/model.safetensors")


def hashes(folder: Path) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in KEPT}


@pytest.mark.parametrize("augmentation", ["", AUGMENTATION], ids=["as it is", "augmented"])
def test_killed_and_resumed_it_ends_with_the_same_bytes(
    tmp_path: Path, tiny_world: TinyWorld, augmentation: str
) -> None:
    file = write_taught(tmp_path, tiny_world.model, steps=200, recipe=None, more=augmentation)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    kill_once_kept(file, broken)
    result = train(load_training(file), broken, Callbacks())
    assert 0 < result.started_from < 200
    train(load_training(file), whole, Callbacks())
    assert hashes(broken) == hashes(whole)


def test_by_its_own_posteriors_it_has_nothing_to_learn(tmp_path: Path, tiny_world: TinyWorld) -> None:
    """But for the rounding of the teacher's logits, which are kept in 16 bits."""
    file = write_taught(tmp_path, tiny_world.model, steps=1, recipe=None)
    file.write_text(file.read_text(encoding="utf-8").replace("tokens = 0.5", "tokens = 0.0"), encoding="utf-8")
    train(load_training(file), tmp_path / "work", Callbacks())
    losses = [line["loss"] for line in log.read(tmp_path / "work" / "log.jsonl") if "loss" in line]
    assert losses[0] < 1e-4


def test_by_its_own_posteriors_of_other_sounds_it_has_nothing_to_learn(tmp_path: Path, tiny_world: TinyWorld) -> None:
    """Teacher and student read the same augmented recording, another one every time."""
    file = write_taught(tmp_path, tiny_world.model, steps=40, recipe=None, more=AUGMENTATION)
    file.write_text(file.read_text(encoding="utf-8").replace("tokens = 0.5", "tokens = 0.0"), encoding="utf-8")
    run = SelfDistillationRun(load_training(file), tmp_path / "work", Callbacks(), CPU)
    inputs = []
    for step in range(3):
        run.state.step = step
        features, _ = run.input_and_targets(0)
        inputs.append(features)
        assert run.descend_([0]) < 1e-6
    assert not any(torch.equal(inputs[0], other[:, : inputs[0].shape[1]]) for other in inputs[1:])
    run.state.step = 0
    assert torch.equal(run.input_and_targets(0)[0], inputs[0])


@pytest.mark.parametrize(("chance", "expected"), [(0.0, {False}), (0.5, {False, True}), (1.0, {True})])
def test_another_talker_of_the_data_is_added_at_its_chance(
    tmp_path: Path, tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch, chance: float, expected: set[bool]
) -> None:
    more = AUGMENTATION.replace("talker = 0.5", f"talker = {chance}")
    file = write_taught(tmp_path, tiny_world.model, recipe=None, more=more)
    run = SelfDistillationRun(load_training(file), tmp_path / "work", Callbacks(), CPU)
    known = [read_audio(one.path, run.front_end.sample_rate).samples for one in run.spoken]
    talkers = []

    def listed(samples: np.ndarray, *others: Any) -> np.ndarray:
        talkers.append(others[-1])
        return samples

    monkeypatch.setattr("earnest.training.taught_run.augment", listed)
    for step in range(12):
        run.state.step = step
        run.input_and_targets(0)
    assert {talker is not None for talker in talkers} == expected
    assert all(any(np.array_equal(talker, one) for one in known) for talker in talkers if talker is not None)


def test_what_may_become_too_long_is_left_out(tmp_path: Path, tiny_world: TinyWorld) -> None:
    file = write_taught(tmp_path, tiny_world.model, recipe=None, more=AUGMENTATION)
    run = SelfDistillationRun(load_training(file), tmp_path / "work", Callbacks(), CPU)
    longest = max(run.train.lengths)
    run.read_data_(1, longest)
    assert run.usable
    assert all(run.train.lengths[index] / 0.9 + 20 <= longest for index in run.usable)
    with pytest.raises(TrainingError, match=rf"humming: expected recordings of {longest} to {10 * longest} frames"):
        run.read_data_(longest, 10 * longest)


def test_by_its_own_tokens_it_becomes_surer(tmp_path: Path, tiny_world: TinyWorld) -> None:
    file = write_taught(tmp_path, tiny_world.model, steps=40, rate="5e-3", recipe=None)
    assert isinstance(load_training(file), SelfDistillation)
    result = train(load_training(file), tmp_path / "work", Callbacks())
    losses = [line["loss"] for line in log.read(tmp_path / "work" / "log.jsonl") if "loss" in line]
    assert losses[-1] < 0.9 * losses[0]
    before, after = load(tiny_world.model), load(result.result)
    assert before.tokens == after.tokens
    assert before.module.config == after.module.config
    for name, tensor in before.module.named_buffers():
        assert torch.equal(after.module.get_buffer(name), tensor), "statistics of batch norms stay"
    moved = [
        name for name, one in before.module.named_parameters() if not torch.equal(after.module.get_parameter(name), one)
    ]
    assert len(moved) == len(list(before.module.parameters()))


@pytest.mark.parametrize("weights", [0.0, 0.5, 1.0])
def test_weights_learn_at_their_rows_range(tiny_world: TinyWorld, weights: float) -> None:
    module = load(tiny_world.model).module
    schedule = {"steps": 1, "rate": 0.1, "last_rate": 0.1, "warmup": 1, "decay": 0.5, "clip": 1.0, "average": 0.9}
    made = groups(module, TaughtDescent.model_validate({**schedule, "weights": weights, "reals": 0.25}))
    assert sum(len(group.parameters) for group in made) == len(list(module.parameters()))
    head = module.decoder.decoder_layers[0].weight
    of_head = next(group for group in made if group.parameters[0] is head)
    assert of_head.share == pytest.approx(weights * head[:, :, 0].abs().max(dim=1).values.mean().item())
    assert made[-1].share == 0.25
    rest = {id(each) for each in made[-1].parameters}
    assert {each.dim() for name, each in module.named_parameters() if id(each) in rest and "pos_bias" not in name} == {
        1
    }


def test_weights_that_learn_nothing_stay(tmp_path: Path, tiny_world: TinyWorld) -> None:
    file = write_taught(tmp_path, tiny_world.model, steps=8, rate="5e-3", recipe=None, weights="0.0")
    before, after = (
        load(place).module
        for place in (tiny_world.model, train(load_training(file), tmp_path / "work", Callbacks()).result)
    )
    stayed = {name for name, one in before.named_parameters() if torch.equal(one, after.get_parameter(name))}
    coded = {name for name, one in before.named_parameters() if name.endswith(".weight") and one.dim() > 1}
    assert coded
    assert stayed == coded
    assert train(load_training(file), tmp_path / "work", Callbacks()).started_from == 8


def test_a_model_that_is_no_conformer_is_refused(
    tmp_path: Path, tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from torch import nn

    other = replace(load(tiny_world.model), module=nn.Linear(1, 1), architecture="Linear")
    monkeypatch.setattr("earnest.training.float.self_distillation.load", lambda path: other)
    with pytest.raises(TrainingError, match="expected a Conformer-CTC, got Linear"):
        train(load_training(write_taught(tmp_path, tiny_world.model, recipe=None)), tmp_path / "work", Callbacks())
