"""Steps on a device beside the CPU, a simulated one (tests.training.simulated_device): nothing of one place is mixed
with what is at the other, and what is learnt there is what the CPU learns, but for the last bits of sums.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.training.tiny_training import AUGMENTATION, CO_TRAINING, write_taught, write_training

from earnest.errors import TrainingError
from earnest.training import log
from earnest.training.device import CPU, device_name, device_named
from earnest.training.float.run import FloatRun
from earnest.training.loop import Callbacks, reproducible
from earnest.training.specification import load_training
from earnest.training.train import train
from synthetic import TinyWorld

ROOT = Path(__file__).parents[2]
KINDS = ["float", "self-distillation", "quantized"]


def simulated(file: Path, work: Path) -> subprocess.CompletedProcess[str]:
    """The run on the simulated device, in a process of its own."""
    run = ["-m", "tests.training.simulated_device", "train", str(file), "--work", str(work), "--device", "simulated"]
    line = [sys.executable, *run, "--quiet", "--json"]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def written(folder: Path, world: TinyWorld, kind: str) -> Path:
    """The file of a run of 8 steps."""
    if kind == "float":
        return write_training(folder, steps=8, precision="float32")
    if kind == "self-distillation":
        return write_taught(folder, world.model, recipe=None, more=AUGMENTATION)
    return write_taught(folder, world.model, more=CO_TRAINING.format(draw="weight"))


def learnt(folder: Path) -> list[float]:
    """Losses and norms of gradients."""
    lines = [line for line in log.read(folder / "log.jsonl") if "loss" in line]
    assert [line["step"] for line in lines] == [2, 4, 6, 8]
    return [line[key] for line in lines for key in ("loss", "norm")]


def apart(one: Path, other: Path) -> float:
    """How far the running means of two runs lie apart, as a share of how far they are from 0."""
    means, others = (
        {
            name: tensor.double()
            for name, tensor in load_file(folder / "state.safetensors").items()
            if "average." in name
        }
        for folder in (one, other)
    )
    assert means.keys() == others.keys()
    distance = sum((means[name] - others[name]).square().sum().item() for name in means)
    return (distance / sum(tensor.square().sum().item() for tensor in means.values())) ** 0.5


def assert_same(kind: str, one: Path, other: Path) -> None:
    """Sums in another order were seen to move losses and gradients by 7e-5; where they turn over codes, by 1.5e-3. They
    move means by 8e-6, and by 6e-4 where AdamW divides what is nearly 0 by itself.
    """
    assert learnt(one) == pytest.approx(learnt(other), rel=5e-3 if kind == "quantized" else 5e-4)
    assert apart(one, other) < (1e-3 if kind == "float" else 1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_what_the_cpu_learns(tmp_path: Path, tiny_world: TinyWorld, kind: str) -> None:
    file = written(tmp_path, tiny_world, kind)
    train(load_training(file), tmp_path / "here", Callbacks())
    ended = simulated(file, tmp_path / "there")
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert '"device": "simulated"' in ended.stdout
    computed = re.search(r"(\d+) operators on simulated", ended.stderr)
    assert computed is not None
    assert int(computed[1]) > 8 * 100
    assert_same(kind, tmp_path / "there", tmp_path / "here")


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_on_with_what_the_cpu_left(tmp_path: Path, tiny_world: TinyWorld, kind: str) -> None:
    file = written(tmp_path, tiny_world, kind)
    train(load_training(file), tmp_path / "here", Callbacks())

    def stop(line: dict[str, Any]) -> None:
        if line["step"] == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(load_training(file), tmp_path / "there", Callbacks(line=stop))
    ended = simulated(file, tmp_path / "there")
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert '"started_from": 4' in ended.stdout
    assert '"device": "cpu, simulated"' in ended.stdout
    again = simulated(file, tmp_path / "here")
    assert '"device": "cpu"' in again.stdout, "no step was computed there"
    assert_same(kind, tmp_path / "there", tmp_path / "here")


def test_a_device_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    assert device_named("cpu") == CPU
    with pytest.raises(
        TrainingError, match="expected a device that torch computes on, got gpu: Expected one of cpu, cuda"
    ):
        device_named("gpu")
    with pytest.raises(TrainingError, match="got hpu: "):
        device_named("hpu")
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"

    def absent(*_shape: int, device: torch.device) -> torch.Tensor:
        raise AssertionError(f"{device} is not there\nand more")

    monkeypatch.setattr(torch, "zeros", absent)
    monkeypatch.setenv("LOCAL_RANK", "3")
    with pytest.raises(TrainingError, match=r"got cuda: cuda:3 is not there$"):
        device_named("cuda")


def test_too_little_memory_is_one_line(tmp_path: Path, tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> float:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of")

    monkeypatch.setattr(FloatRun, "descend_", full)
    with pytest.raises(TrainingError, match=r"^cpu: expected memory for training, got CUDA out of memory; use another"):
        train(load_training(written(tmp_path, tiny_world, "float")), tmp_path / "work", Callbacks())


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_sums_are_reproducible_inside_and_all_is_as_before_after(name: str) -> None:
    def flags() -> tuple[object, ...]:
        exact = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
        warns = torch.is_deterministic_algorithms_warn_only_enabled()
        return (*exact, torch.are_deterministic_algorithms_enabled(), warns)

    before = flags()
    with reproducible(0, torch.device(name)):
        assert flags() == ("highest", False, True, name != "cpu")
    assert flags() == before


MIXED = """
import torch
from tests.training import simulated_device
simulated_device.begin()
x = torch.ones(3).to("simulated")
other = torch.ones({shape})
try:
    {mixed}
except RuntimeError as error:
    print(error)
"""


@pytest.mark.parametrize("shape", ["3", "()"])
@pytest.mark.parametrize("mixed", ["x + other", "other.add_(x.sum())", "torch.stack([x.sum(), other.sum()])"])
def test_the_simulated_device_refuses_what_is_of_the_cpu(shape: str, mixed: str) -> None:
    line = [sys.executable, "-c", MIXED.format(shape=shape, mixed=mixed)]
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert "expected all tensors on simulated:0, got one of cpu" in ended.stdout


def test_it_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device.index}")
    assert device_name(CPU) == "cpu"
    assert device_name(torch.device("cuda", 1)) == "GPU 1"
