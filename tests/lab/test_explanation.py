"""Explain: no difference where there is none, and a planted one is found where it was planted."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from earnest.cli import main
from earnest.errors import DataError, EarnestError
from earnest.integer.law.weighted import Weighted
from earnest.lab.explanation import explain
from earnest.models import load
from earnest.pipeline import Quantized, quantize
from earnest.speech.librispeech import Utterance, read_split
from synthetic import TinyWorld, tone

PLANTED = "encoder.layers.0.self_attn.linear_v"


@pytest.fixture(scope="module")
def quantized(tiny_world: TinyWorld) -> Quantized:
    paths = [utterance.path for utterance in read_split(tiny_world.data, transcripts="absent")]
    return quantize(load(tiny_world.model), "w8a8", "int8x16", paths[:2], name="tiny", longest=200)


@pytest.fixture(scope="module")
def spoilt(quantized: Quantized) -> Quantized:
    """The same, but for one bias of the program."""
    steps = list(quantized.program.steps)
    index = next(i for i, step in enumerate(steps) if step.name == PLANTED)
    operator = steps[index].operator
    assert isinstance(operator, Weighted)
    steps[index] = replace(steps[index], operator=replace(operator, bias=operator.bias + (1 << 12)))
    return replace(quantized, program=replace(quantized.program, steps=tuple(steps)))


def test_twins_and_program_agree(tiny_world: TinyWorld, quantized: Quantized) -> None:
    utterances = read_split(tiny_world.data, transcripts="absent")
    explanation = explain(quantized, load(tiny_world.model), utterances)
    assert (explanation.utterances, explanation.differing, explanation.first) == (len(utterances), 0, None)
    assert explanation.values == len(quantized.program.steps)
    added = [error.added for error in explanation.errors]
    assert added == sorted(added)
    with pytest.raises(DataError, match="at least one utterance"):
        explain(quantized, load(tiny_world.model), [])


def test_a_planted_difference_is_found(
    tiny_world: TinyWorld,
    spoilt: Quantized,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    utterances = read_split(tiny_world.data, transcripts="absent")[:2]
    explanation = explain(spoilt, load(tiny_world.model), utterances)
    assert explanation.first is not None
    assert explanation.first[0] == utterances[0].id
    assert explanation.first[1].name == PLANTED
    monkeypatch.setattr("earnest.pipeline.quantize", lambda *_, **__: spoilt)
    line: list[str | Path] = ["explain", tiny_world.model, "--recipe", "w8a8", "--target", "int8x16"]
    assert main([*map(str, line), "--calibrate", str(tiny_world.data), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["first_difference"]["name"] == PLANTED


def test_an_utterance_that_is_too_long_is_named(tiny_world: TinyWorld, quantized: Quantized) -> None:
    short = replace(
        quantized, program=replace(quantized.program, inputs=(replace(quantized.program.input, longest=60),))
    )
    with pytest.raises(DataError, match=r"utterance 10\d-20\d-\d{4}: expected at most 60 frames"):
        explain(short, load(tiny_world.model), read_split(tiny_world.data, transcripts="absent"))


@pytest.mark.parametrize(
    ("seconds", "message"),
    [(0.03, "expected at least 5 frames = 0.05 s, got 3: a longer recording"), (0.01, "the recording is too short")],
)
def test_an_utterance_that_is_too_short_is_named(
    tiny_world: TinyWorld, quantized: Quantized, tmp_path: Path, seconds: float, message: str
) -> None:
    soundfile.write(tmp_path / "1-2-3.wav", tone(1, seconds), 16_000)
    short = Utterance(id="1-2-3", path=tmp_path / "1-2-3.wav", text=None, speaker="1", chapter="2")
    with pytest.raises(EarnestError, match=f"utterance 1-2-3: {message}"):
        explain(quantized, load(tiny_world.model), [short])
