"""Folders of Parakeet's transducers: quantized, transcribed, evaluated and judged; and what is refused."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.auditing import check_judged_and_replayed

import hub_folders
from earnest.cli import main
from earnest.errors import CheckpointError, FileError, ProgramError
from earnest.file import load as load_program
from earnest.file import save
from earnest.judge.audit import audit
from earnest.models import FloatModel, load
from earnest.models.hub.wrapped import WrappedTransducer
from earnest.models.recognition.transducer import FloatTransducer
from earnest.models.transcription import recognized, taught, tokens_of
from earnest.runtime.audio import read_audio
from earnest.runtime.decoding.transduction import Transduction
from earnest.runtime.recognizer import Recognizer
from earnest.runtime.reference import ReferenceBackend
from synthetic import RATE, TinyWorld, tone

transformers: Any = pytest.importorskip("transformers")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A folder, its float model, and its program, made by the command line."""

    folder: Path
    model: FloatModel
    program: Path

    @property
    def rules(self) -> Transduction:
        """How its tokens are chosen."""
        assert isinstance(self.model.recognition, FloatTransducer)
        return self.model.recognition.rules


@pytest.fixture(scope="module", params=hub_folders.TRANSDUCERS)
def made(request: pytest.FixtureRequest, tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Each of them once."""
    place = tmp_path_factory.mktemp("transducers")
    folder = hub_folders.TRANSDUCERS[request.param](place / f"tiny-{request.param}")
    program = place / "program.earnest"
    way = ["--recipe", "w8a8", "--target", "int8x16", "--calibrate", str(tiny_world.data), "--calibration-limit", "3"]
    assert main(["quantize", str(folder), *way, "-o", str(program), "--quiet", "--json"]) == 0
    return Made(folder=folder, model=load(folder), program=program)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One to break."""
    return hub_folders.parakeet(tmp_path / "broken", durations=True)


def features_of(model: FloatModel) -> list[torch.Tensor]:
    """Features of recordings of several lengths, [1, frames, features]."""
    return [
        torch.from_numpy(model.front_end(tone(seed, seconds)))[None] for seed, seconds in enumerate((0.7, 1.1, 1.9))
    ]


def test_float_tokens_are_those_of_generate(made: Made) -> None:
    """`generate` gives blanks too. With durations it stays at a frame for as many tokens as come."""
    module, rules = made.model.module, made.rules
    assert isinstance(module, WrappedTransducer)
    if rules.durations:
        rules = replace(rules, most_of_a_frame=1024)
    found = []
    for features in features_of(made.model):
        chosen = tokens_of(replace(made.model, recognition=FloatTransducer(rules=rules)), features)
        generated = module.model.generate(features, max_new_tokens=500).sequences[0].tolist()
        assert generated[0] == rules.start
        expected = [token for token in generated[1:] if token != rules.blank]
        assert list(chosen.tokens) == expected[: rules.most_tokens - 1]
        assert chosen.truncated == (len(expected) >= rules.most_tokens - 1)
        ((_, tokens),) = taught(made.model, [features])
        assert tokens[0].tolist() == [rules.start, *tokens_of(made.model, features).tokens]
        found.append(chosen.tokens)
    assert len(set(found)) == 3


def test_a_file_is_all_that_is_needed(made: Made) -> None:
    native, reference = Recognizer(made.program), Recognizer(load_program(made.program), ReferenceBackend)
    assert [backend.name for backend in native.backends] == ["native"] * 3
    description = native.description
    assert (description.front_end, description.tokens) == (made.model.front_end, made.model.tokens)
    assert description.decoding == made.rules
    for features in features_of(made.model):
        codes = native.codes_of(features[0].numpy())
        assert np.array_equal(native.logits(codes), reference.logits(codes))
        found = native.read(native.logits(codes))
        assert found.text == made.model.tokens.decode(found.token_ids) != ""
        assert not found.truncated


def test_it_is_judged_and_replayed(made: Made, tiny_world: TinyWorld, tmp_path: Path, capsys: Any) -> None:
    check_judged_and_replayed(made.folder, made.program, tiny_world.data, tmp_path / "certificate.json", capsys)


def test_it_is_evaluated_beside_its_float_model(made: Made, tiny_world: TinyWorld, tmp_path: Path, capsys: Any) -> None:
    record = tmp_path / "record.json"
    asked = ["--data", str(tiny_world.data), "--against", str(made.folder), "-j", "1", "--record", str(record)]
    assert main(["evaluate", str(made.program), *asked, "--json", "--quiet"]) == 0
    found, content = json.loads(capsys.readouterr().out), json.loads(record.read_text())
    assert (found["level"], content["program"]["decoding"]) == ("H4", "greedy")
    rows = {row["id"]: row for row in content["utterances"]}
    recognizer = Recognizer(made.program)
    for path in sorted(tiny_world.data.rglob("*.flac")):
        row, samples = rows[path.stem], read_audio(path, RATE).samples
        assert row["hypothesis"] == recognizer.transcribe(path).text
        assert row["float_hypothesis"] == recognized(made.model, made.model.front_end(samples)).text
    assert main(["audit", str(made.program), "--evaluation", str(record), "--json", "--quiet"]) in (0, 1)
    failed = {each["rule"] for each in json.loads(capsys.readouterr().out)["failed"]}
    assert not failed & {"plain-decoding", "same-decoding"}


def test_a_decoding_that_is_not_the_program_s_is_refused(made: Made, tmp_path: Path) -> None:
    program = load_program(made.program)
    durations = [*made.rules.durations, 1]
    autoregressive = {
        "name": "autoregressive",
        "start": [1],
        "end": [2],
        "suppressed": [],
        "suppressed_first": [],
        "most_tokens": 24,
        "multiplier": 40000,
        "shift": 12,
    }
    for decoding, error, message in (
        (made.rules.declared() | {"durations": durations}, FileError, "expected logits of .* classes"),
        (autoregressive, ProgramError, r"expected logits \[1, tokens, classes\], got \(1, "),
    ):
        hostile = replace(program, description=program.description | {"decoding": decoding})
        with pytest.raises(error, match=message):
            Recognizer(hostile)
    longer = made.rules.declared() | {"durations": durations}
    save(replace(program, description=program.description | {"decoding": longer}), tmp_path / "p.earnest")
    assert str(audit(tmp_path / "p.earnest").level) == "H3"


def test_it_is_told_and_has_no_beams(made: Made, tiny_world: TinyWorld, capsys: Any) -> None:
    assert main(["inspect", str(made.program), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["decoding"] == json.loads(json.dumps(made.rules.declared()))
    assert shown["tokens"] == len(made.model.tokens.pieces)
    recording = str(next(tiny_world.data.rglob("*.flac")))
    assert main(["transcribe", str(made.program), recording, "--beams", "2"]) == 2
    assert "got one of CTC or a transducer, whose decoding is greedy" in capsys.readouterr().err


def changed(file: Path, **parts: Any) -> None:
    """A JSON file with other parts; None takes one away."""
    content = json.loads(file.read_text()) | parts
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


@pytest.mark.parametrize(
    ("file", "parts", "message"),
    [
        ("config.json", {"max_symbols_per_step": 0}, "most_of_a_frame: expected 1"),
        ("config.json", {"durations": [0, 1, 2, 3, 4000]}, r"durations\[4\]: expected 0 \.\. 1024, got 4000"),
        ("config.json", {"blank_token_id": 99_999}, "blank: expected 0"),
        ("config.json", {"model_type": ["parakeet_tdt"]}, "expected a model of transformers"),
        ("config.json", {"vocab_size": 7}, "expected a model of transformers with a transducer"),
        ("generation_config.json", {"decoder_start_token_id": -3}, "start: expected 0"),
        ("generation_config.json", {"repetition_penalty": 1.3}, "greedy decoding does not follow it"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, file: str, parts: dict[str, Any], message: str) -> None:
    changed(folder / file, **parts)
    with pytest.raises(CheckpointError, match=message):
        load(folder)


def test_without_a_beginning_it_is_the_blank(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    for file in ("generation_config.json", "config.json"):
        changed(other / file, decoder_start_token_id=None)
    found, before = load(other).recognition, load(folder).recognition
    assert found == before
    assert isinstance(found, FloatTransducer)
    assert found.rules.start == found.rules.blank
