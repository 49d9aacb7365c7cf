"""The recogniser in the box: its parts are there, small, disjoint, and its card says what the ledger says."""

from pathlib import Path

import pytest
import soundfile

from earnest.models import load
from earnest.report.pages import marks, outdated
from earnest.runtime.audio import read_audio
from earnest.runtime.fingerprint import audio_sha256
from earnest.speech.librispeech import Utterance, read_split
from synthesis.corpus import plan
from synthesis.specification import load_corpus

MODEL_BYTES, SPEECH_BYTES = 12_000_000, 6_000_000
SPLITS = ("calibration", "test-known-voices", "test-unseen-voices")


@pytest.fixture(scope="module")
def box(root: Path) -> Path:
    return root / "box"


@pytest.fixture(scope="module")
def speech(box: Path) -> dict[str, list[Utterance]]:
    return {name: read_split(box / "speech" / name, transcripts="required") for name in SPLITS}


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_it_is_small(box: Path) -> None:
    assert 1_000_000 < size(box / "box-conformer-ctc") <= MODEL_BYTES
    assert 1_000_000 < size(box / "speech") <= SPEECH_BYTES


def test_the_model_is_what_its_training_run_says(box: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from earnest.training.specification import load_training

    monkeypatch.setenv("EARNEST_DATA", "nowhere")
    shape = load_training(root / "experiments" / "box.toml").model
    config = load(box / "box-conformer-ctc").module.config
    assert {name: getattr(config, name) for name in type(shape).model_fields if name != "dropout"} == shape.model_dump(
        exclude={"dropout"}
    )


def test_no_utterance_sentence_or_recording_stands_in_two_splits(speech: dict[str, list[Utterance]]) -> None:
    every = [utterance for utterances in speech.values() for utterance in utterances]
    assert len(every) == 32 + 160 + 80
    assert len({utterance.id for utterance in every}) == len(every)
    assert len({utterance.text for utterance in every}) == len(every)
    assert len({audio_sha256(read_audio(utterance.path).samples) for utterance in every}) == len(every)


def test_unseen_voices_are_no_known_ones(speech: dict[str, list[Utterance]]) -> None:
    speakers = {name: {utterance.speaker for utterance in utterances} for name, utterances in speech.items()}
    assert not speakers["test-unseen-voices"] & (speakers["test-known-voices"] | speakers["calibration"])
    assert all(soundfile.info(utterance.path).samplerate == 16_000 for utterance in speech["calibration"])


def test_the_speech_is_what_its_corpus_says(
    box: Path, speech: dict[str, list[Utterance]], shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARNEST_DATA", str(shared_data))
    planned = plan(load_corpus(box / "corpus.toml"), Path("made"))
    for name, utterances in speech.items():
        expected = {one.path.stem: one.sentence.words for one in planned[name]}
        assert {utterance.id: utterance.text for utterance in utterances} == expected
        trained_on = {one.sentence.words for one in planned["train"]}
        assert not trained_on & set(expected.values())


def test_the_card_says_what_the_ledger_says(box: Path, root: Path) -> None:
    card = box / "README.md"
    assert {"training", "evaluations"} <= set(marks(card.read_text(encoding="utf-8")))
    command = "run `earnest tables box/README.md --ledger results/box.jsonl`"
    assert outdated([card], root / "results" / "box.jsonl") == {}, command


def test_the_page_of_architectures_says_what_its_ledger_says(box: Path, root: Path) -> None:
    page = box / "architectures.md"
    assert marks(page.read_text(encoding="utf-8")) == ["training", "models"]
    command = "run `earnest tables box/architectures.md --ledger results/architectures.jsonl`"
    assert outdated([page], root / "results" / "architectures.jsonl") == {}, command
