"""A record says what was measured, of which utterances, and whether that was all of them."""

import json
from dataclasses import replace

import pytest

from earnest.errors import DataError
from earnest.evaluation.anatomy import file_sha256
from earnest.evaluation.evaluation import Evaluation, evaluate, evaluate_float
from earnest.evaluation.record import LIBRISPEECH, record, text
from earnest.file import load
from earnest.runtime.audio import read_audio
from earnest.runtime.fingerprint import audio_sha256, codes_sha256
from earnest.runtime.recognizer import Recognizer
from earnest.speech.librispeech import Utterance, read_split
from synthetic import TinyWorld


@pytest.fixture(scope="module")
def utterances(tiny_world: TinyWorld) -> list[Utterance]:
    return read_split(tiny_world.data, transcripts="required")


@pytest.fixture(scope="module")
def both(tiny_world: TinyWorld, utterances: list[Utterance]) -> Evaluation:
    return evaluate(tiny_world.program, utterances, against=tiny_world.model, jobs=2, backend="native")


def recorded(evaluation: Evaluation, data: str = "synthetic", available: int = 6) -> dict:
    return json.loads(text(record(evaluation, data=data, data_sha256="0" * 64, available=available)))


def test_every_utterance_has_its_hashes_and_hypotheses(
    tiny_world: TinyWorld, utterances: list[Utterance], both: Evaluation
) -> None:
    recognizer = Recognizer(load(tiny_world.program))
    rows = recorded(both)["utterances"]
    for row, utterance, outcome in zip(rows, utterances, both.outcomes, strict=True):
        samples = read_audio(utterance.path).samples
        codes = recognizer.codes(samples)
        assert row["id"] == utterance.id
        assert row["audio_sha256"] == audio_sha256(samples)
        assert row["features_sha256"] == codes_sha256(codes)
        assert row["logits_sha256"] == codes_sha256(recognizer.logits(codes))
        assert (row["reference"], row["seconds"]) == (outcome.reference, outcome.seconds)
        assert row["hypothesis"] == recognizer.transcribe(utterance.path).text
        assert outcome.real is not None
        assert row["float_hypothesis"] == outcome.real.text
        assert sum(row["float_errors"].values()) == outcome.real.errors.errors


def test_the_systems_are_named(tiny_world: TinyWorld, both: Evaluation) -> None:
    found = recorded(both)
    assert found["same_run"] is True
    assert found["program"]["sha256"] == file_sha256(tiny_world.program)
    assert found["program"]["model"] == found["float_model"]["name"] == "tiny-model"
    assert found["float_model"]["sha256"] == file_sha256(tiny_world.model / "model.safetensors")
    for system, key in (("program", "errors"), ("float_model", "float_errors")):
        for kind in ("substitutions", "deletions", "insertions"):
            assert found[system]["errors"][kind] == sum(row[key][kind] for row in found["utterances"])
    for key in ("decoding", "normalisation", "front_end"):
        assert found["program"][key] == found["float_model"][key]


def test_a_part_is_called_a_part(both: Evaluation) -> None:
    assert recorded(both)["data"]["coverage"] == "whole"
    assert recorded(both, available=7)["data"]["coverage"] == "part"
    assert recorded(both, data="dev-clean")["data"]["coverage"] == "part"
    whole = replace(both, outcomes=both.outcomes[:1] * LIBRISPEECH["dev-clean"])
    assert recorded(whole, data="dev-clean", available=2703)["data"]["coverage"] == "whole"


def test_a_system_that_was_not_evaluated_has_no_row(tiny_world: TinyWorld, utterances: list[Utterance]) -> None:
    alone = recorded(evaluate(tiny_world.program, utterances[:1], against=None, jobs=1, backend="reference"))
    assert not {"float_model", "same_run"} & alone.keys()
    assert not {"float_hypothesis", "float_errors"} & alone["utterances"][0].keys()
    with pytest.raises(DataError, match="float model alone"):
        recorded(evaluate_float(tiny_world.model, utterances[:1], jobs=1))
