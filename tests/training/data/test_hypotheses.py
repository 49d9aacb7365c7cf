"""Hypotheses are the float model's greedy CTC, made once, and trained on as if somebody had transcribed them."""

import json
from pathlib import Path

import pytest
import torch
from tests.training.tiny_training import biased, write_training

from earnest.errors import TrainingError
from earnest.models import FloatModel, load
from earnest.runtime.audio import read_audio
from earnest.speech.librispeech import Utterance, read_split
from earnest.speech.normalisation import normalise
from earnest.training.data.hypotheses import with_hypotheses
from earnest.training.data.material import material
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


def test_they_are_what_the_model_recognizes(utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld) -> None:
    found = with_hypotheses(utterances, str(tiny_world.model), tmp_path / "kept")
    model = load(tiny_world.model)
    assert [one.text for one in found] == [greedy(model, one) for one in utterances]
    assert any(one.text for one in found)
    assert [one.path for one in found] == [one.path for one in utterances]


def test_they_are_made_once_by_each_model(utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld) -> None:
    told: list[tuple[str, int, int]] = []
    first, again = (
        with_hypotheses(utterances, str(tiny_world.model), tmp_path / "kept", lambda *stage: told.append(stage))
        for _ in range(2)
    )
    assert first == again
    assert told == [("hypotheses", count, 6) for count in range(1, 7)]
    other = with_hypotheses(
        utterances, str(biased(tiny_world.model, tmp_path / "other", "<blk>", 1e4)), tmp_path / "kept"
    )
    assert [one.text for one in other] == [""] * 6
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_folders_in_another_order_keep_their_own(
    utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld
) -> None:
    orders = (utterances, utterances[::-1])
    first, other = (with_hypotheses(one, str(tiny_world.model), tmp_path / "kept") for one in orders)
    assert first == other[::-1]
    assert len({one.text for one in first}) > 1


def test_a_killed_run_transcribes_the_rest(utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld) -> None:
    expected = with_hypotheses(utterances, str(tiny_world.model), tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    whole = kept.read_bytes()
    lines = whole.splitlines(keepends=True)
    kept.write_bytes(b"".join(lines[:3]) + lines[3][:9])
    told: list[int] = []
    again = with_hypotheses(
        utterances, str(tiny_world.model), tmp_path / "kept", lambda _, done, _total: told.append(done)
    )
    assert again == expected
    assert told == [4, 5, 6]
    assert kept.read_bytes() == whole


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'{"id": "a", "text": "b"}\n', "expected the id and the text of each recording; remove it"),
        (b'{"id": "100-200-0000", "text": 3}\n', "expected the id and the text of each recording; remove it"),
        (b"[]\n", "expected a JSON object a line"),
        (b"{\n", "expected a JSON object a line"),
        (b"\xff\n", "expected a JSON object a line"),
        (b"[" * 100_000 + b"\n", "expected a JSON object a line"),
    ],
)
def test_what_is_kept_is_not_trusted(
    utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld, content: bytes, named: str
) -> None:
    with_hypotheses(utterances, str(tiny_world.model), tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    kept.write_bytes(content)
    with pytest.raises(TrainingError, match=named):
        with_hypotheses(utterances, str(tiny_world.model), tmp_path / "kept")


def test_a_recording_that_cannot_be_transcribed_is_named(
    utterances: list[Utterance], tmp_path: Path, tiny_world: TinyWorld
) -> None:
    utterances[4].path.write_bytes(b"no sound")
    with pytest.raises(TrainingError, match=f"{utterances[4].path.name}: .* cannot transcribe it"):
        with_hypotheses(utterances, str(tiny_world.model), tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    assert len(kept.read_bytes().splitlines()) == 4, "what was made before stays"


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
    found = material(with_recordings(write_training(tmp_path), teacher), tmp_path / "features")
    assert len(found.targets) == len(found.train.utterances) == 9 + 6
    expected = [normalise(greedy(load(teacher), one)) for one in found.train.utterances[9:]]
    assert [found.tokens.decode(target) for target in found.targets[9:]] == expected
    assert any(index >= 9 for index in found.indices)


def test_what_is_not_spelt_is_left_out(tmp_path: Path, tiny_world: TinyWorld) -> None:
    teacher = biased(tiny_world.model, tmp_path / "sure", "<unk>", -1e4)
    training = with_recordings(write_training(tmp_path), teacher)
    material(training, tmp_path / "features")
    (kept,) = (tmp_path / "features").glob("*.jsonl")
    lines = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    for line, text in zip(lines, ["", "WORDS", "WÖRDS", "THE WORDS", "THE, WORDS", "OF"], strict=True):
        line["text"] = text
    kept.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found = material(training, tmp_path / "features")
    assert [found.tokens.decode(target) for target in found.targets[9:]] == ["", "WORDS", "", "THE WORDS", "", "OF"]
    assert [index for index in found.indices if index >= 9] == [10, 12, 14]


@pytest.mark.parametrize("piece", ["<blk>", "<unk>"])
def test_a_teacher_that_spells_nothing_is_told(tmp_path: Path, tiny_world: TinyWorld, piece: str) -> None:
    teacher = biased(tiny_world.model, tmp_path / "biased", piece, 1e4)
    training = with_recordings(write_training(tmp_path), teacher)
    with pytest.raises(TrainingError, match=r"hypotheses\.teacher: expected words spelt with 'AB.*Z, got e\.g\. "):
        material(training, tmp_path / "features")
