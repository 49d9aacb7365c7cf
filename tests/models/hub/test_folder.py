"""A folder of `transformers` as a float recogniser: logits, text and samples are those of `transformers`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import earnest
from earnest.cli import main
from earnest.errors import CheckpointError
from earnest.models import load
from earnest.models.hub.files import EXTRACTOR, PICKLE, VOCABULARY, WEIGHTS
from earnest.runtime.decoding.ctc import ctc_greedy
from synthetic import TinyWorld

transformers: Any = pytest.importorskip("transformers")

LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVKXJQZ"]
BLANK = 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random wav2vec 2.0 with everything that `save_pretrained` writes."""
    place = tmp_path_factory.mktemp("hub") / "tiny-wav2vec2"
    place.mkdir()
    (place / VOCABULARY).write_text(json.dumps({letter: index for index, letter in enumerate(LETTERS)}))
    tokenizer = transformers.Wav2Vec2CTCTokenizer(str(place / VOCABULARY))
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=True)
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(LETTERS),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(32,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        pad_token_id=BLANK,
    )
    for part in (transformers.Wav2Vec2ForCTC(config), tokenizer, extractor):
        part.save_pretrained(place)
    return place


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    place = tmp_path / "broken"
    place.mkdir()
    for file in folder.iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    return place


def original(folder: Path) -> Any:
    return transformers.Wav2Vec2ForCTC.from_pretrained(folder).eval()


def test_logits_are_those_of_transformers_with_the_blank_last(folder: Path) -> None:
    model, samples = load(folder), torch.randn(1, 4000, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found, expected = model.module(samples), original(folder)(samples).logits
    moved = torch.cat([expected[..., 1:], expected[..., :1]], dim=-1)
    torch.testing.assert_close(found, moved, rtol=0, atol=2.0**-20 * float(expected.abs().max()))
    assert model.architecture == "Wav2Vec2ForCTC"
    assert model.source == folder / WEIGHTS


def test_text_is_that_of_the_tokenizer(folder: Path) -> None:
    model = load(folder)
    tokenizer = transformers.Wav2Vec2CTCTokenizer.from_pretrained(folder)
    ids = np.random.default_rng(2).integers(4, len(LETTERS), 300)  # an unknown token reads as a word of its own here
    ids = np.where(np.arange(300) % 3 == 0, BLANK, ids)
    moved = np.where(ids == BLANK, len(LETTERS) - 1, ids - 1)
    text = model.tokens.decode(ctc_greedy(moved, blank=model.tokens.blank))
    assert text == " ".join(tokenizer.decode(ids).split())
    assert " " in text


def test_samples_are_those_of_the_feature_extractor(folder: Path) -> None:
    samples = np.random.default_rng(3).normal(0.01, 0.1, 5000).astype(np.float32)
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(folder)
    expected = extractor(samples, sampling_rate=16_000, return_tensors="np").input_values[0]
    # It takes means of float32 in float32: pairwise sums of 5000 are off by 13 roundings at most.
    np.testing.assert_allclose(load(folder).front_end(samples), expected, rtol=0, atol=2.0**-18)


def test_a_folder_goes_the_whole_way(
    folder: Path, tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program.earnest"
    way = ["--recipe", "w8a8", "--target", "int8x16", "--calibrate", str(tiny_world.data)]
    short = ["--calibration-limit", "2", "--longest", "10", "-o", str(program), "--quiet", "--json"]
    assert main(["quantize", str(folder), *way, *short]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == "tiny-wav2vec2"
    assert told["longest_frames"] == 160_000
    recognizer, model = earnest.Recognizer(program), load(folder)
    recording = next(tiny_world.data.rglob("*.flac"))
    assert recognizer.transcribe(recording).source_rate == 16_000
    assert str(earnest.audit(program).level) == "H4"
    assert model.front_end == recognizer.description.front_end
    assert main(["inspect", str(program), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["float_outside_the_program"]["front_end"]["name"] == "waveform"


def test_a_folder_is_inspected_and_judged_as_the_float_model_that_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["architecture"] == "Wav2Vec2ForCTC"
    assert main(["audit", str(folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["level"] == "none"


def test_a_pickle_is_not_read_unasked(copied: Path) -> None:
    torch.save(original(copied).state_dict(), copied / PICKLE)
    (copied / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match="not read unasked: pass --allow-pickle"):
        load(copied)
    assert load(copied, allow_pickle=True).source == copied / PICKLE


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (WEIGHTS, None, "expected model.safetensors, got no such file"),
        (WEIGHTS, "not safetensors", "expected a model of transformers with a CTC head"),
        (VOCABULARY, None, "vocab.json: expected a JSON object"),
        (VOCABULARY, "[]", "expected a JSON object, got list"),
        (VOCABULARY, '{"a": 0}', "expected a token for each of 31 classes"),
        (EXTRACTOR, '{"feature_size": 80}', "expected a model of samples, feature_size 1, got 80"),
        (EXTRACTOR, '{"sampling_rate": "x"}', "expected sample_rate an integer"),
    ],
)
def test_a_broken_folder_is_refused(copied: Path, file: str, content: str | None, message: str) -> None:
    (copied / file).unlink()
    if content is not None:
        (copied / file).write_text(content)
    with pytest.raises(CheckpointError, match=message):
        load(copied)
