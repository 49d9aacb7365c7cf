"""A training run's file: strict, with paths through variables, and one line for what is wrong."""

import re
from pathlib import Path

import pytest
from tests.training.tiny_training import AUGMENTATION, write_taught, write_training

from earnest.errors import TrainingError
from earnest.swapping.recipe import load_recipe
from earnest.training.specification import QuantizedTraining, load_training


def test_it_is_read_with_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_training(tmp_path)
    text = file.read_text(encoding="utf-8")
    monkeypatch.setenv("SPEECH", str(tmp_path))
    file.write_text(text.replace(f'train = ["{tmp_path}', 'train = ["$SPEECH'), encoding="utf-8")
    training = load_training(file)
    assert training.data.train == [str(tmp_path / "humming")]
    assert training.watch.validate_ == 8


def assert_named(file: Path, old: str, new: str, named: str) -> None:
    """A text of a file that is good replaced by one that is wrong."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TrainingError, match=named):
        load_training(file)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("width = 16", "width = 16\nwidht = 3", r"model\.widht"),
        ("width = 16", 'width = "16"', r"model\.width"),
        ("seed = 3", "", "seed"),
        ("span = 0.2", "span = 1.0", r"masks\.span"),
        ("warmup = 4", "warmup = 400", "warmup <= steps"),
        ('precision = "bfloat16"', 'precision = "float8"', "precision"),
        ("humming", "$NOWHERE_SET", "NOWHERE_SET"),
        ("[batches]", '[hypotheses]\ndata = ["here"]\n[batches]', r"hypotheses\.teacher"),
        ("[batches]", '[hypotheses]\nteacher = "here"\ndata = []\n[batches]', r"hypotheses\.data"),
        ("[model]", "[model", "not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert_named(write_training(tmp_path), old, new, named)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("low = 0.9", "low = -inf", r"speed\.low"),
        ("silence = { low = 0.0", "silence = { low = -0.1", "silence from 0"),
        ("rt60 = { low = 0.1", "rt60 = { low = 0.0", "rt60 and peak from 0.001, got 0.0, 0.0 and 0.1"),
        ("peak = { low = 0.1", "peak = { low = 0.0", "rt60 and peak from 0.001, got 0.0, 0.1 and 0.0"),
        ("rate = 1e-3", "rate = inf", r"descent\.rate"),
        ("weights = 1.0", "weights = -1.0", r"descent\.weights"),
        ("tokens = 0.5", "tokens = nan", r"loss\.tokens"),
    ],
)
def test_what_is_wrong_of_a_taught_run_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert_named(write_taught(tmp_path, tmp_path / "model", more=AUGMENTATION), old, new, named)


def test_a_loss_of_nothing_is_refused(tmp_path: Path) -> None:
    file = write_taught(tmp_path, tmp_path / "model")
    text = re.sub(r"(tokens|posteriors|blocks) = \S+", r"\1 = 0.0", file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match=r"loss: .*expected a part that counts"):
        load_training(file)


def test_the_shipped_runs_are_valid(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARNEST_DATA", "nowhere")
    files = [file for file in (root / "experiments").rglob("*.toml") if "[descent]" in file.read_text(encoding="utf-8")]
    assert len(files) >= 6
    for file in files:
        training = load_training(file)
        assert training.name == file.stem
        for recipe in training.every_recipe if isinstance(training, QuantizedTraining) else []:
            load_recipe(recipe)
