"""A run learns, is the same one when it is run again, and goes on after a kill to the same bytes."""

from hashlib import sha256
from pathlib import Path

import pytest
import torch
from tests.training.tiny_training import kill_once_kept, write_training

from earnest.errors import TrainingError
from earnest.models import load
from earnest.training import log
from earnest.training.loop import Callbacks
from earnest.training.specification import load_training
from earnest.training.train import train
from synthetic import TinyWorld

KEPT = ("state.safetensors", "model/model.safetensors", "model/tokens.txt")


def hashes(folder: Path) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in KEPT}


def lasting(folder: Path) -> list[dict]:
    """The log without what the clock says."""
    return [{key: value for key, value in line.items() if key != "seconds"} for line in log.read(folder / "log.jsonl")]


def test_killed_and_resumed_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    file = write_training(tmp_path, steps=400)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    kill_once_kept(file, broken)
    result = train(load_training(file), broken, Callbacks())
    assert 0 < result.started_from < 400
    assert train(load_training(file), whole, Callbacks()).started_from == 0
    assert hashes(broken) == hashes(whole)
    assert lasting(broken) == lasting(whole)


def test_the_loss_falls_and_the_model_can_be_loaded(tmp_path: Path) -> None:
    training = load_training(write_training(tmp_path, steps=60, precision="float32", rate="1e-2"))
    lines: list[dict] = []
    result = train(training, tmp_path / "work", Callbacks(line=lines.append))
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < 0.7 * losses[0]
    model = load(result.result)
    assert model.module.config.classes == len(model.tokens.pieces) == 32
    assert not model.module.training
    assert [line["data"] for line in result.validation] == ["humming"]
    assert result.validation[0]["step"] == 60
    assert lines == log.read(tmp_path / "work" / "log.jsonl")


def test_a_finished_run_is_not_done_again(tmp_path: Path) -> None:
    training = load_training(write_training(tmp_path, steps=4))
    train(training, tmp_path / "work", Callbacks())
    before = hashes(tmp_path / "work")
    result = train(training, tmp_path / "work", Callbacks())
    assert (result.started_from, result.step) == (4, 4)
    assert hashes(tmp_path / "work") == before


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    training = load_training(write_training(tmp_path, steps=4))
    train(training, tmp_path / "one", Callbacks())
    train(training.model_copy(update={"seed": 4}), tmp_path / "other", Callbacks())
    assert hashes(tmp_path / "one")[KEPT[1]] != hashes(tmp_path / "other")[KEPT[1]]


def test_a_folder_of_other_settings_is_refused(tmp_path: Path) -> None:
    training = load_training(write_training(tmp_path, steps=4))
    train(training, tmp_path / "work", Callbacks())
    with pytest.raises(TrainingError, match="other settings"):
        train(training.model_copy(update={"seed": 4}), tmp_path / "work", Callbacks())


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path: Path) -> None:
    training = load_training(write_training(tmp_path, steps=40, precision="float32", rate="1e30"))
    with pytest.raises(TrainingError, match="finite loss"):
        train(training, tmp_path / "work", Callbacks())


def test_determinism_is_asked_of_torch_only_meanwhile(tmp_path: Path) -> None:
    asked: list[bool] = []
    callbacks = Callbacks(line=lambda line: asked.append(torch.are_deterministic_algorithms_enabled()))
    train(load_training(write_training(tmp_path, steps=4)), tmp_path / "work", callbacks)
    assert asked
    assert all(asked)
    assert not torch.are_deterministic_algorithms_enabled()


def started_from(model: Path, file: Path) -> Path:
    file.write_text(f'start = "{model}"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    return file


def test_it_may_start_from_a_model(tmp_path: Path, tiny_world: TinyWorld) -> None:
    first = train(load_training(write_training(tmp_path, steps=8)), tmp_path / "first", Callbacks())
    file = started_from(first.result, write_training(tmp_path, steps=4, rate="1e-12"))
    file.write_text(file.read_text(encoding="utf-8").replace("last_rate = 1e-4", "last_rate = 1e-12"), encoding="utf-8")
    second = train(load_training(file), tmp_path / "second", Callbacks())
    before, after = load(first.result), load(second.result)
    assert before.tokens == after.tokens
    for name, tensor in before.module.named_parameters():
        torch.testing.assert_close(after.module.get_parameter(name), tensor, rtol=0, atol=1e-9)
    other = load_training(started_from(tiny_world.model, write_training(tmp_path, steps=4)))
    with pytest.raises(TrainingError, match="of shape"):
        train(other, tmp_path / "third", Callbacks())


def test_it_may_start_from_a_model_of_another_variant(tmp_path: Path) -> None:
    first = train(load_training(write_training(tmp_path)), tmp_path / "first", Callbacks())
    file = started_from(first.result, write_training(tmp_path, steps=4, rate="1e-12"))
    varied = load_training(file, ["model.attention=gated", "model.bound=2.5", "descent.last_rate=1e-12"])
    second = train(varied, tmp_path / "second", Callbacks())
    old, new = load(first.result), load(second.result)
    assert (new.module.config.attention, new.module.config.bound) == ("gated", 2.5)
    made = new.module.state_dict()
    for name, weight in old.module.state_dict().items():
        if "batch_norm" not in name:
            torch.testing.assert_close(made.pop(name), weight, rtol=0, atol=1e-9)
    assert {name.split(".")[-2] for name in made} == {"gate", "batch_norm"}
    assert (made["encoder.layers.0.self_attn.gate.bias"] == 2.0).all(), "it begins nearly open"
    wider = load_training(file, ["model.attention=gated", "model.kernel=7"])
    with pytest.raises(TrainingError, match="expected a model of shape"):
        train(wider, tmp_path / "third", Callbacks())
