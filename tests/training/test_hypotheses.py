"""Hypotheses are the float model's greedy CTC, heard once, and trained on as if somebody had transcribed them."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.training.tiny_training import write_training

from earnest.errors import TrainingError
from earnest.models import FloatModel, load
from earnest.runtime.audio import read_audio
from earnest.speech.librispeech import Utterance, read_split
from earnest.speech.normalisation import normalise
from earnest.training.hypotheses import transcribed
from earnest.training.material import material
from earnest.training.specification import Training, load_training
from synthetic import TinyWorld, write_corpus


@pytest.fixture
def utterances(tmp_path: Path) -> list[Utterance]:
    write_corpus(tmp_path / "humming")
    return read_split(tmp_path / "humming", transcripts="absent")


def greedy(model: FloatModel, utterance: Utterance) -> str:
    features = torch.from_numpy(model.front_end(read_audio(utterance.path).samples))[None]
    with torch.no_grad():
        ids = model.module(features)[0].argmax(-1).unique_consecutive().tolist()
    pieces = [model.tokens.pieces[token] for token in ids if token != model.ctc_tokens.blank]
    return " ".join("".join(pieces).replace("▁", " ").replace("<unk>", " ⁇ ").split())


def biased(model: Path, folder: Path, piece: str, bias: float) -> Path:
    """The model, but one of its pieces is heard always, or never."""
    shutil.copytree(model, folder)
    weights = load_file(folder / "model.safetensors")
    weights["decoder.decoder_layers.0.bias"][load(model).tokens.pieces.index(piece)] = bias
    save_file(weights, folder / "model.safetensors")
    return folder


def test_they_are_what_the_model_hears(utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld) -> None:
    found = transcribed(utterances, str(tiny_world.model), tmp_path / "kept")
    model = load(tiny_world.model)
    assert [one.text for one in found] == [greedy(model, one) for one in utterances]
    assert any(one.text for one in found)
    assert [one.path for one in found] == [one.path for one in utterances]


def test_they_are_heard_once_by_each_model(utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld) -> None:
    told: list[tuple[str, int, int]] = []
    first, again = (
        transcribed(utterances, str(tiny_world.model), tmp_path / "kept", lambda *stage: told.append(stage))
        for _ in range(2)
    )
    assert first == again
    assert told == [("hypotheses", count, 6) for count in range(1, 7)]
    other = transcribed(utterances, str(biased(tiny_world.model, tmp_path / "other", "<blk>", 1e4)), tmp_path / "kept")
    assert [one.text for one in other] == [""] * 6
    assert len(list((tmp_path / "kept").iterdir())) == 2


@pytest.mark.parametrize("content", [b"[]", b"[1, 2, 3, 4, 5, 6]", b"{", b"\xff"])
def test_what_is_kept_is_not_trusted(
    utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld, content: bytes
) -> None:
    transcribed(utterances, str(tiny_world.model), tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    assert len(json.loads(kept.read_text(encoding="utf-8"))) == 6
    kept.write_bytes(content)
    with pytest.raises(TrainingError, match="hypotheses"):
        transcribed(utterances, str(tiny_world.model), tmp_path / "kept")


def with_recordings(file: Path, teacher: Path) -> Training:
    """The run, with more recordings that only the teacher transcribes."""
    recorded = file.parent / "recorded"
    if not recorded.exists():
        write_corpus(recorded)
        for lines in recorded.rglob("*.trans.txt"):
            lines.unlink()
    text = file.read_text(encoding="utf-8")
    more = f'[hypotheses]\nteacher = "{teacher}"\ndata = ["{recorded}"]\n\n[batches]'
    file.write_text(text.replace("[batches]", more), encoding="utf-8")
    training = load_training(file)
    assert isinstance(training, Training)
    return training


def test_they_are_trained_on_behind_the_transcripts(tmp_path: Path, tiny_world: TinyWorld) -> None:
    teacher = biased(tiny_world.model, tmp_path / "sure", "<unk>", -1e4)
    heard = material(with_recordings(write_training(tmp_path), teacher), tmp_path / "features")
    assert len(heard.targets) == len(heard.train.utterances) == 9 + 6
    expected = [normalise(greedy(load(teacher), one)) for one in heard.train.utterances[9:]]
    assert [heard.tokens.decode(target) for target in heard.targets[9:]] == expected
    assert any(index >= 9 for index in heard.indices)


@pytest.mark.parametrize("piece", ["<blk>", "<unk>"])
def test_where_the_teacher_hears_nothing_that_is_spelt_nothing_is_learnt(
    tmp_path: Path, tiny_world: TinyWorld, piece: str
) -> None:
    teacher = biased(tiny_world.model, tmp_path / "biased", piece, 1e4)
    heard = material(with_recordings(write_training(tmp_path), teacher), tmp_path / "features")
    assert heard.targets[9:] == [[]] * 6
    assert all(index < 9 for index in heard.indices)
