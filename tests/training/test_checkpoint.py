"""A kept state: the same state gives the same bytes; what is corrupt or of another run is refused."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from tests.training.tiny_training import write_training
from torch import nn

from earnest.errors import TrainingError
from earnest.training.checkpoint import KEY, read_checkpoint_, settings_sha256, write_checkpoint
from earnest.training.specification import Training, load_training
from earnest.training.state import Group, State, new_state


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return load_training(write_training(tmp_path))


def initial_state() -> State:
    network = nn.Linear(3, 2)
    return new_state(network, [Group(parameters=list(network.parameters()))])


def stepped() -> State:
    torch.manual_seed(1)
    state = initial_state()
    state.module(torch.ones(1, 3)).sum().backward()
    state.optimizer.step()
    state.step = 7
    return state


def test_it_comes_back_and_is_written_the_same_again(training: Training, tmp_path: Path) -> None:
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    write_checkpoint(first, stepped(), settings_sha256(training))
    state = initial_state()
    read_checkpoint_(first, state, settings_sha256(training))
    assert state.step == 7
    write_checkpoint(second, state, settings_sha256(training))
    assert first.read_bytes() == second.read_bytes()
    with safe_open(first, framework="pt") as opened:
        assert list(opened.metadata()) == [KEY]


def test_corrupt_files_are_refused(training: Training, tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    write_checkpoint(file, stepped(), settings_sha256(training))
    content = file.read_bytes()
    for bad in (b"", content[:100], content[:-4], content.replace(KEY.encode(), b"x" * len(KEY))):
        file.write_bytes(bad)
        with pytest.raises(TrainingError, match=r"a\.safetensors.*remove it"):
            read_checkpoint_(file, stepped(), settings_sha256(training))


def test_what_decides_a_step_is_in_the_hash_and_what_only_watches_is_not(training: Training) -> None:
    watched = training.model_copy(update={"watch": training.watch.model_copy(update={"log": 99})})
    assert settings_sha256(watched) == settings_sha256(training)
    for name, value in (("seed", 9), ("precision", "float32")):
        assert settings_sha256(training.model_copy(update={name: value})) != settings_sha256(training)
    chosen = training.model_copy(update={"data": training.data.model_copy(update={"validation": []})})
    assert settings_sha256(chosen) != settings_sha256(training), "the fewest errors are of what was validated on"
    faster = training.model_copy(update={"descent": training.descent.model_copy(update={"rate": 1.0})})
    assert settings_sha256(faster) != settings_sha256(training)


def test_where_it_cannot_be_written_is_named(training: Training, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no-folder"):
        write_checkpoint(tmp_path / "no-folder" / "a.safetensors", stepped(), settings_sha256(training))


def test_what_is_not_said_does_not_count(training: Training) -> None:
    """A key that came later, at its default, makes no other run of a file."""
    said = training.model_copy(update={"model": training.model.model_copy(update={"norm": "layer"})})
    assert settings_sha256(said) == settings_sha256(training)
    varied = training.model_copy(update={"model": training.model.model_copy(update={"norm": "batch"})})
    assert settings_sha256(varied) != settings_sha256(training)
    assert training.model_dump(exclude_defaults=True)["model"].keys().isdisjoint({"activation", "norm", "attention"})
