"""A quantization-aware run learns, goes on after a kill to the same bytes, and its program names its recordings."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.tiny_training import CO_TRAINING, kill_once_kept, write_corpus, write_taught

from earnest.errors import TrainingError
from earnest.file import open_program
from earnest.judge.program.judging import judge_program
from earnest.methods.catalogue import catalogue
from earnest.methods.equalization_pairs import equalization_pairs
from earnest.methods.method import Material
from earnest.runtime.description import describe
from earnest.runtime.recognizer import Recognizer
from earnest.training import log
from earnest.training.checkpoint import read_checkpoint_, settings_sha256
from earnest.training.device import CPU
from earnest.training.loop import Callbacks, Counted
from earnest.training.quantized.run import QuantizedRun
from earnest.training.specification import load_training
from earnest.training.train import train
from synthetic import TinyWorld


def hashes(folder: Path) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in ("state.safetensors", "program.earnest")}


def test_killed_and_resumed_it_ends_with_the_same_bytes(tmp_path: Path, tiny_world: TinyWorld) -> None:
    file = write_taught(tmp_path, tiny_world.model, steps=60)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    kill_once_kept(file, broken)
    result = train(load_training(file), broken, Callbacks())
    assert 0 < result.started_from < 60
    assert train(load_training(file), whole, Callbacks()).started_from == 0
    assert hashes(broken) == hashes(whole)
    (broken / "program.earnest").unlink()
    assert train(load_training(file), broken, Callbacks()).started_from == 60
    assert hashes(broken) == hashes(whole)


def test_the_loss_falls_and_the_program_is_honest(tmp_path: Path, tiny_world: TinyWorld) -> None:
    file = write_taught(tmp_path, tiny_world.model, steps=60, rate="5e-3", recipe="w4a8")
    result = train(load_training(file), tmp_path / "work", Callbacks())
    losses = [line["loss"] for line in log.read(tmp_path / "work" / "log.jsonl") if "loss" in line]
    assert sum(losses[-3:]) < 0.95 * sum(losses[:3])
    assert result.result == tmp_path / "work" / "program.earnest"
    program = open_program(result.result)
    assert judge_program(result.result, None).level.name == "H4"
    assert describe(program).recipe == "tiny-taught"
    recordings = [one.id for one in describe(program).calibration]
    assert len(recordings) == len(set(recordings)) == 9, (
        "four that ranges came from are among the nine that it was trained on"
    )
    transcript = Recognizer(program).transcribe(next((tmp_path / "humming").rglob("*.flac")))
    assert transcript.seconds > 0
    assert [line["data"] for line in result.validation] == ["humming"]
    assert result.facts["utterances"] == 9


def test_codes_stay_where_weights_learn_nothing(tmp_path: Path, tiny_world: TinyWorld) -> None:
    file = write_taught(tmp_path, tiny_world.model, steps=60, rate="5e-3", recipe="w4a8", weights="0.0")
    initial, final = (QuantizedRun(load_training(file), tmp_path / "work", Callbacks(), CPU) for _ in range(2))
    train(load_training(file), tmp_path / "work", Callbacks())
    read_checkpoint_(tmp_path / "work" / "state.safetensors", final.state, settings_sha256(final.settings))
    losses = [line["loss"] for line in log.read(tmp_path / "work" / "log.jsonl") if "loss" in line]
    assert sum(losses[-3:]) < 0.95 * sum(losses[:3])
    assert all(map(torch.equal, initial.latents.shares, final.latents.shares))
    assert not any(map(torch.equal, initial.latents.quantizer(0).reaches, final.latents.quantizer(0).reaches))


def test_two_processes_share_the_utterances(tmp_path: Path, tiny_world: TinyWorld) -> None:
    file = write_taught(tmp_path, tiny_world.model, steps=4, recipe="w4a8")
    alone = train(load_training(file), tmp_path / "alone", Callbacks())
    shared = tmp_path / "shared"
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "earnest.cli"]
    line = [sys.executable, *launch, "train", str(file), "--work", str(shared), "--quiet"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stdout.count("after 4 steps") == 1, "rank 0 alone speaks"
    one, two = (log.read(folder / "log.jsonl") for folder in (alone.result.parent, shared))
    assert [line["loss"] for line in two if "loss" in line] == pytest.approx(
        [line["loss"] for line in one if "loss" in line], rel=1e-3
    )


def test_without_a_step_it_is_the_recipes_program(tmp_path: Path, tiny_world: TinyWorld) -> None:
    """One step at a rate of nearly nothing: the codes are those that `quantize` finds."""
    from earnest.models import load
    from earnest.pipeline import quantize
    from earnest.speech.librispeech import read_split, select

    file = write_taught(tmp_path, tiny_world.model, steps=2, rate="1e-12")
    file.write_text(file.read_text(encoding="utf-8").replace("last_rate = 1e-5", "last_rate = 1e-12"), encoding="utf-8")
    result = train(load_training(file), tmp_path / "work", Callbacks())
    spoken = select(read_split(tmp_path / "humming", transcripts="absent"), 4)
    expected = quantize(load(tiny_world.model), "w4a8-best", "int8x16", [one.path for one in spoken], name="tiny-model")
    found = open_program(result.result)
    assert len(found.steps) == len(expected.program.steps)
    for one, two in zip(found.steps, expected.program.steps, strict=True):
        if "weight" in one.operator.constants():
            assert (one.operator.constants()["weight"] == two.operator.constants()["weight"]).all(), one.name


@pytest.mark.parametrize("draw", ["step", "weight"])
def test_recipes_that_share_weights_make_a_program_each(tmp_path: Path, tiny_world: TinyWorld, draw: str) -> None:
    file = write_taught(
        tmp_path, tiny_world.model, steps=24, rate="5e-3", recipe="w4a8", more=CO_TRAINING.format(draw=draw)
    )
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    kill_once_kept(file, broken)
    result = train(load_training(file), broken, Callbacks())
    assert [path.name for path in result.results] == ["program.earnest", "program-w8a8.earnest"]
    assert [line["result"] for line in result.validation] == ["program.earnest", "program-w8a8.earnest"]
    train(load_training(file), whole, Callbacks())
    for path in (*result.results, broken / "state.safetensors"):
        assert path.read_bytes() == (whole / path.name).read_bytes(), path.name
    narrow, wide = (open_program(path) for path in result.results)
    assert [describe(one).recipe for one in (narrow, wide)] == ["tiny-taught", "tiny-taught-w8a8"]
    for path in result.results:
        assert judge_program(path, None).level.name == "H4"
    for one, two in zip(narrow.steps, wide.steps, strict=True):
        if "weight" in one.operator.constants():
            left, right = (np.sign(each.operator.constants()["weight"]).ravel() for each in (one, two))
            assert (left * right < 0).mean() < 0.01, "they are roundings of the same weights"
    result.results[1].unlink()
    train(load_training(file), broken, Callbacks())
    assert result.results[1].read_bytes() == (whole / "program-w8a8.earnest").read_bytes()


def test_recipes_that_share_weights_need_names_of_their_own(tmp_path: Path, tiny_world: TinyWorld) -> None:
    file = write_taught(tmp_path, tiny_world.model, recipe="w8a8", more=CO_TRAINING.format(draw="step"))
    with pytest.raises(TrainingError, match=r"different names, got w8a8, w8a8"):
        train(load_training(file), tmp_path / "work", Callbacks())


def test_a_folder_of_other_settings_is_refused(tmp_path: Path, tiny_world: TinyWorld) -> None:
    training = load_training(write_taught(tmp_path, tiny_world.model, steps=2))
    train(training, tmp_path / "work", Callbacks())
    stages: list[str] = []
    callbacks = Callbacks(progress=lambda stage, _done, _all: stages.append(stage))
    with pytest.raises(TrainingError, match="other settings"):
        train(training.model_copy(update={"seed": 4}), tmp_path / "work", callbacks)
    assert not stages, "before anything is calibrated"


def started(tmp_path: Path, tiny_world: TinyWorld, recipe: str, state: Path, steps: int = 2, more: str = "") -> Path:
    """The file of a run that starts from a state and learns next to nothing."""
    file = write_taught(tmp_path, tiny_world.model, steps=steps, rate="1e-12", recipe=recipe, more=more)
    text = file.read_text(encoding="utf-8").replace("last_rate = 1e-5", "last_rate = 1e-12")
    file.write_text(f'start = "{state}"\n{text}', encoding="utf-8")
    return file


def weights_of(path: Path) -> list[np.ndarray]:
    constants = [step.operator.constants() for step in open_program(path).steps]
    return [each["weight"] for each in constants if "weight" in each]


def test_it_may_take_up_what_another_run_learnt(tmp_path: Path, tiny_world: TinyWorld) -> None:
    first = train(load_training(write_taught(tmp_path, tiny_world.model, rate="5e-3")), tmp_path / "first", Callbacks())
    state = tmp_path / "first" / "state.safetensors"
    file = started(tmp_path, tiny_world, "w4a8-best", state)
    second = train(load_training(file), tmp_path / "second", Callbacks())
    for one, two in zip(weights_of(first.result), weights_of(second.result), strict=True):
        assert (one == two).all()
    file = started(tmp_path, tiny_world, "w4a8-best", first.result)
    with pytest.raises(TrainingError, match="state of a training run"):
        train(load_training(file), tmp_path / "third", Callbacks())


def test_bits_are_lowered_from_run_to_run_and_a_killed_one_needs_no_start(
    tmp_path: Path, tiny_world: TinyWorld
) -> None:
    train(load_training(write_taught(tmp_path, tiny_world.model, recipe="w8a8")), tmp_path / "first", Callbacks())
    state = tmp_path / "first" / "state.safetensors"
    file = started(tmp_path, tiny_world, "w4a8-best", state, steps=60)
    whole = train(load_training(file), tmp_path / "whole", Callbacks())
    wide, narrow = (weights_of(one) for one in (tmp_path / "first" / "program.earnest", whole.result))
    assert max(int(abs(weight).max()) for weight in wide) > 15 >= max(int(abs(weight).max()) for weight in narrow)
    for one, two in zip(wide, narrow, strict=True):
        assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.7, "the same weights, but for the scales of their rows"
    kill_once_kept(file, tmp_path / "broken")
    state.unlink()
    assert 0 < train(load_training(file), tmp_path / "broken", Callbacks()).started_from < 60
    assert hashes(tmp_path / "broken") == hashes(tmp_path / "whole")


def test_teacher_and_student_agree_on_what_a_run_of_another_equalization_learnt(
    tmp_path: Path, tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`w8a8` equalizes nothing, `w4a8-best` does: in the teacher, not in what was learnt."""

    def double(material: Material, *_: object) -> None:
        for pair in equalization_pairs(material.twin):
            pair.scale_(torch.full((pair.channels,), 2.0))

    monkeypatch.setitem(catalogue(), "equalize", replace(catalogue()["equalize"], apply=double))
    train(load_training(write_taught(tmp_path, tiny_world.model, recipe="w8a8")), tmp_path / "first", Callbacks())
    file = started(tmp_path, tiny_world, "w4a8-best", tmp_path / "first" / "state.safetensors")
    run = QuantizedRun(load_training(file), tmp_path / "second", Callbacks(), CPU)  # type: ignore[arg-type]
    with torch.no_grad():
        features, (logits, goals) = run.input_and_targets(run.usable[0])
        (found, made), _ = run.forward_pass(features, run.values())
    assert goals.keys() == made.keys() == run.blocks
    assert run.blocks
    for goal, value in ((logits, found), *((goals[name], made[name]) for name in goals)):
        assert (goal - value).square().sum() < 0.05 * goal.square().sum()


def test_a_run_of_one_recipe_may_go_on_as_one_of_several(tmp_path: Path, tiny_world: TinyWorld) -> None:
    train(load_training(write_taught(tmp_path, tiny_world.model, recipe="w4a8-best")), tmp_path / "first", Callbacks())
    state, more = tmp_path / "first" / "state.safetensors", CO_TRAINING.format(draw="step")
    result = train(
        load_training(started(tmp_path, tiny_world, "w4a8-best", state, more=more)), tmp_path / "both", Callbacks()
    )
    for one, two in zip(weights_of(tmp_path / "first" / "program.earnest"), weights_of(result.results[0]), strict=True):
        assert (one == two).all()
    for narrow, wide in zip(*map(weights_of, result.results), strict=True):
        assert (np.sign(narrow) * np.sign(wide) < 0).mean() < 0.01, "they are roundings of the same weights"


def test_recordings_of_the_run_that_it_started_from_are_named_too(tmp_path: Path, tiny_world: TinyWorld) -> None:
    first = train(load_training(write_taught(tmp_path, tiny_world.model)), tmp_path / "first", Callbacks())
    folder = tmp_path / "other"
    write_corpus(folder / "humming", chapters=1, each=2)
    file = write_taught(folder, tiny_world.model, steps=4)
    alone = train(load_training(file), tmp_path / "alone", Callbacks())
    state = tmp_path / "first" / "state.safetensors"
    file.write_text(f'start = "{state}"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    started = train(load_training(file), tmp_path / "started", Callbacks())
    of_first, of_alone, of_both = (
        set(describe(open_program(one.result)).calibration) for one in (first, alone, started)
    )
    assert len(of_first - of_alone) >= 7
    assert of_both == of_first | of_alone
    state.unlink()
    started.result.unlink()
    again = train(load_training(file), tmp_path / "started", Callbacks())
    assert set(describe(open_program(again.result)).calibration) == of_both, "its own state knows it"


@pytest.mark.parametrize("edited", ["recipe", "recipe, meanwhile", "validation"])
def test_a_folder_of_another_recipe_or_choice_is_refused(tmp_path: Path, tiny_world: TinyWorld, edited: str) -> None:
    recipe = tmp_path / "own.toml"
    text = 'name = "own"\ndescription = "8 bits"\nmethods = []\n[[rule]]\noperator = ["linear"]\nweight_bits = 8\n'
    recipe.write_text(text, encoding="utf-8")
    file = write_taught(tmp_path, tiny_world.model, steps=2, recipe=str(recipe))

    def edit(_line: object = None) -> None:
        recipe.write_text(text.replace("= 8", "= 4"), encoding="utf-8")

    train(load_training(file), tmp_path / "work", Callbacks(line=edit if "meanwhile" in edited else None))
    if edited == "recipe":
        edit()
    elif edited == "validation":
        more = file.read_text(encoding="utf-8").replace('validation = ["', f'validation = ["{tmp_path / "humming"}", "')
        file.write_text(more, encoding="utf-8")
    with pytest.raises(TrainingError, match="other settings"):
        train(load_training(file), tmp_path / "work", Callbacks())


def test_what_is_written_is_what_was_best(
    tmp_path: Path, tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors are given out, so that the first of three validated steps has the fewest."""
    from earnest.speech.word_errors import WordErrors
    from earnest.training.quantized.run import QuantizedRun

    given = iter((1, 5, 3))

    def word_errors(run: QuantizedRun) -> Iterator[Counted]:
        errors = WordErrors(substitutions=next(given), deletions=0, insertions=0, words=20)
        yield Counted("program.earnest", "humming", 9, errors)

    whole = load_training(write_taught(tmp_path, tiny_world.model, steps=24, rate="5e-3", recipe="w4a8"))
    monkeypatch.setattr(QuantizedRun, "word_errors", word_errors)
    result = train(whole, tmp_path / "work", Callbacks())
    assert [(line["step"], line["errors"]) for line in result.validation] == [(8, 1)]
    written = sha256(result.result.read_bytes()).hexdigest()
    result.result.unlink()
    train(whole, tmp_path / "work", Callbacks())
    assert sha256(result.result.read_bytes()).hexdigest() == written, "the state has it too"


def test_widths_are_found_once_under_a_budget(tmp_path: Path, tiny_world: TinyWorld) -> None:
    from earnest.evaluation.anatomy import weight_widths

    wide = train(
        load_training(write_taught(tmp_path, tiny_world.model, steps=1, recipe="w8a8")), tmp_path / "w", Callbacks()
    )
    file = write_taught(tmp_path, tiny_world.model, steps=2, recipe="mixed-best")
    budget = f"{0.98 * wide.result.stat().st_size / 1e6:.6f} MB"
    file.write_text(f'budget = "{budget}"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    work = tmp_path / "work"
    result = train(load_training(file), work, Callbacks())
    found = (work / "recipe.json").read_bytes()
    widths = weight_widths(open_program(result.result))
    assert len(widths) > 1
    (work / "state.safetensors").unlink()
    again = train(load_training(file), work, Callbacks())
    assert weight_widths(open_program(again.result)) == widths
    assert (work / "recipe.json").read_bytes() == found
    (work / "state.safetensors").unlink()
    other = f"{0.97 * wide.result.stat().st_size / 1e6:.6f} MB"
    file.write_text(file.read_text(encoding="utf-8").replace(budget, other), encoding="utf-8")
    train(load_training(file), work, Callbacks())
    assert (work / "recipe.json").read_bytes() != found
