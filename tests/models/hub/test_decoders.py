"""Folders of Whisper, Moonshine and Speech2Text: quantized, transcribed, evaluated and judged; and what is refused."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from tests.models.auditing import check_judged_and_replayed

import earnest
import hub_folders
from earnest.cli import main
from earnest.errors import AudioError, CheckpointError, FileError
from earnest.file import load as load_program
from earnest.models import FloatModel, load
from earnest.models.hub.files import EXTRACTOR, PROCESSOR, TOKENIZER
from earnest.models.hub.wrapped import WrappedDecoder
from earnest.models.transcription import recognized, taught, tokens_of
from earnest.runtime.audio import read_audio
from earnest.runtime.description import describe
from earnest.runtime.fingerprint import codes_sha256
from earnest.runtime.recognizer import Recognizer
from earnest.runtime.reference import ReferenceBackend
from synthetic import RATE, TinyWorld, tone

transformers: Any = pytest.importorskip("transformers")
pytest.importorskip("sentencepiece")

GENERATION = "generation_config.json"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A family's folder, its float model, and its program, made by the command line."""

    folder: Path
    model: FloatModel
    program: Path


@pytest.fixture(scope="module", params=hub_folders.FOLDERS)
def made(request: pytest.FixtureRequest, tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Each family once."""
    place = tmp_path_factory.mktemp("decoders")
    folder, program = hub_folders.FOLDERS[request.param](place / f"tiny-{request.param}"), place / "program.earnest"
    way = ["--recipe", "w8a8", "--target", "int8x16", "--calibrate", str(tiny_world.data), "--calibration-limit", "3"]
    assert main(["quantize", str(folder), *way, "-o", str(program), "--quiet", "--json"]) == 0
    return Made(folder=folder, model=load(folder), program=program)


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper, to copy."""
    return hub_folders.whisper(tmp_path_factory.mktemp("whisper") / "tiny")


@pytest.fixture
def copied(whisper: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(whisper, tmp_path / "broken"))


def changed(file: Path, **parts: Any) -> None:
    """A JSON file with other parts; None takes one away."""
    content = json.loads(file.read_text()) | parts
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def features_of(model: FloatModel) -> Iterator[np.ndarray]:
    """Features of recordings of several lengths."""
    for seed, seconds in enumerate((0.7, 1.1, 1.9)):
        yield model.front_end(tone(seed, seconds))


def test_features_are_those_of_the_folder_s_own_extractor(made: Made) -> None:
    extractor, samples = transformers.AutoFeatureExtractor.from_pretrained(made.folder), tone(4, 1.3)
    found = extractor(samples, sampling_rate=RATE, return_tensors="np")
    (expected,) = found["input_features"] if "input_features" in found else found["input_values"]
    module = made.model.module
    assert isinstance(module, WrappedDecoder)
    features = torch.from_numpy(made.model.front_end(samples))[None]
    (read,) = (features if module.arrange is None else module.arrange(features)).numpy()
    assert read.shape == expected.shape
    assert np.abs(read - expected).max() < 1e-4  # tests.runtime.front_ends derive the bounds


def test_float_tokens_are_those_of_generate(made: Made) -> None:
    module = made.model.module
    assert isinstance(module, WrappedDecoder)
    lengths = set()
    for features in features_of(made.model):
        tensor = torch.from_numpy(features)[None]
        read = tensor if module.arrange is None else module.arrange(tensor)
        expected = module.model.generate(read, num_beams=1)[0].tolist()
        rules = made.model.recognition.rules
        start = list(rules.start) if expected[0] == rules.start[0] else []
        found = tokens_of(made.model, tensor)
        assert [*start, *found.tokens] == expected
        assert found.truncated == (found.tokens[-1] not in made.model.recognition.rules.end)
        ((_, tokens),) = taught(made.model, [tensor])
        assert tokens[0].tolist() == [*made.model.recognition.rules.start, *found.tokens[:-1]]
        lengths.add(found.tokens)
    assert len(lengths) > 1


def test_text_is_that_of_the_tokenizer(made: Made) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(made.folder)
    for features in features_of(made.model):
        found = recognized(made.model, features)
        text = tokenizer.decode(list(found.token_ids), skip_special_tokens=True)
        assert found.text == " ".join(text.split()) != ""


def test_a_file_is_all_that_is_needed(made: Made) -> None:
    program = load_program(made.program)
    native, reference = Recognizer(made.program), Recognizer(program, ReferenceBackend)
    assert [backend.name for backend in native.backends] == ["native", "native"]
    description = native.description
    assert (description.front_end, description.tokens) == (made.model.front_end, made.model.tokens)
    assert description.decoding.start == made.model.recognition.rules.start
    for features in features_of(made.model):
        codes = native.codes_of(features)
        assert np.array_equal(native.logits(codes), reference.logits(codes))
        found = native.read(native.logits(codes))
        assert found.text == made.model.tokens.decode(found.token_ids)
        assert found.truncated == (found.token_ids[-1] not in description.decoding.end)


def test_it_is_judged_and_replayed(made: Made, tiny_world: TinyWorld, tmp_path: Path, capsys: Any) -> None:
    check_judged_and_replayed(made.folder, made.program, tiny_world.data, tmp_path / "certificate.json", capsys)


def test_it_is_evaluated_beside_its_float_model(made: Made, tiny_world: TinyWorld, tmp_path: Path, capsys: Any) -> None:
    record = tmp_path / "record.json"
    asked = ["--data", str(tiny_world.data), "--against", str(made.folder), "-j", "1", "--record", str(record)]
    assert main(["evaluate", str(made.program), *asked, "--json", "--quiet"]) == 0
    found, content = json.loads(capsys.readouterr().out), json.loads(record.read_text())
    assert (found["level"], content["program"]["decoding"]) == ("H4", "greedy")
    capped = [row["id"] for row in content["utterances"] if row.get("capped")]
    recognizer, cut = Recognizer(made.program), []
    for path in sorted(tiny_world.data.rglob("*.*")):
        if path.suffix in (".flac", ".wav"):
            transcript = recognizer.transcribe(path)
            (row,) = [row for row in content["utterances"] if row["id"] == path.stem]
            assert row["hypothesis"] == transcript.text
            assert (
                row["float_hypothesis"]
                == recognized(made.model, made.model.front_end(read_audio(path, RATE).samples)).text
            )
            cut += [path.stem] * transcript.truncated
    assert sorted(capped) == cut
    assert found["truncated_hypotheses"] == len(cut)


def test_float_beams_are_those_of_generate(made: Made) -> None:
    """Where `generate` returns one that is cut off, earnest prefers one that has ended."""
    module, generation, compared = made.model.module, made.model.recognition.rules, 0
    assert isinstance(module, WrappedDecoder)
    for features in features_of(made.model):
        tensor = torch.from_numpy(features)[None]
        assert tokens_of(made.model, tensor, beams=1) == tokens_of(made.model, tensor)
        found = tokens_of(made.model, tensor, beams=3)
        (expected,) = transformers.GenerationMixin.generate(
            module.model,
            tensor if module.arrange is None else module.arrange(tensor),
            decoder_input_ids=torch.tensor([generation.start]),
            num_beams=3,
            early_stopping=True,
        ).tolist()
        if found.truncated or expected[-1] in generation.end:
            assert [*generation.start, *found.tokens] == expected
            compared += 1
    assert compared


def test_beams_go_from_the_command_line_to_the_judge(
    made: Made, tiny_world: TinyWorld, tmp_path: Path, capsys: Any
) -> None:
    """Both systems are searched, the record says so, and the judge says that this is no greedy decoding."""
    record, beams = tmp_path / "record.json", 3
    asked = ["--data", str(tiny_world.data), "--against", str(made.folder), "-j", "1", "--record", str(record)]
    assert main(["evaluate", str(made.program), *asked, "--beams", str(beams), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["beams"] == beams
    content = json.loads(record.read_text())
    assert content["program"]["decoding"] == content["float_model"]["decoding"] == "beam-3"
    recordings = sorted(tiny_world.data.rglob("*.flac"))
    main(["transcribe", str(made.program), *map(str, recordings), "--beams", str(beams), "--json", "--quiet"])
    texts = {Path(row["path"]).stem: row["text"] for row in json.loads(capsys.readouterr().out)["recordings"]}
    slow = Recognizer(load_program(made.program), ReferenceBackend, beams=beams)
    rows = {row["id"]: row for row in content["utterances"]}
    for path in recordings:
        features = slow.description.front_end(read_audio(path, RATE).samples)
        expected, logits = slow.recognize_codes(slow.codes_of(features))
        row = rows[path.stem]
        assert texts[path.stem] == row["hypothesis"] == expected.text
        assert row["logits_sha256"] == codes_sha256(logits)
        assert row["float_hypothesis"] == recognized(made.model, features, beams=beams).text
    assert main(["audit", str(made.program), "--evaluation", str(record), "--json", "--quiet"]) == 1
    failed = {each["rule"]: each["what"] for each in json.loads(capsys.readouterr().out)["failed"]}
    assert "got 'beam-3'" in failed["plain-decoding"]
    assert "same-decoding" not in failed


def test_the_cap_is_told(made: Made, tiny_world: TinyWorld, capsys: Any) -> None:
    recordings = sorted(map(str, tiny_world.data.rglob("*.flac")))
    assert main(["transcribe", str(made.program), *recordings, "--json"]) == 0
    captured = capsys.readouterr()
    rows = json.loads(captured.out)["recordings"]
    assert captured.err.count("cut off: no end among") == sum(row["truncated"] for row in rows)
    assert main(["inspect", str(made.program), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["decoding"]["most_tokens"] == 24
    assert shown["tokens"] == len(made.model.tokens.pieces)


def test_an_end_is_told_from_the_cap() -> None:
    """By the last of the tokens that logits stand for."""
    rows = np.zeros((2, 4), dtype=np.int16)
    from earnest.runtime.decoding.generation import Generation
    from earnest.runtime.decoding.greedy import chosen

    generation = Generation(start=(1,), end=(2,), suppressed=(0,), suppressed_first=(1,), most_tokens=3)
    rows[0, 3], rows[1, 2] = 5, 5
    assert (chosen(rows, generation).tokens, chosen(rows, generation).truncated) == ((3, 2), False)
    assert chosen(rows[:1], generation).truncated


def test_what_is_longer_than_whisper_hears_is_refused_or_cut_into_windows(
    whisper: Path, tiny_world: TinyWorld, tmp_path: Path, capsys: Any
) -> None:
    program = tmp_path / "whisper.earnest"
    way = ["--recipe", "w8a8", "--target", "int8x16", "--calibrate", str(tiny_world.data), "--quiet"]
    assert main(["quantize", str(whisper), *way, "-o", str(program), "--longest", "3"]) == 2
    assert "--longest: this model hears at most 2 s, got 3 s" in capsys.readouterr().err
    assert main(["quantize", str(whisper), *way, "-o", str(program), "--longest", "1"]) == 2
    assert "--longest: this model hears 2 s and no less, got 1 s" in capsys.readouterr().err
    assert main(["quantize", str(whisper), *way, "-o", str(program), "--budget", "5 bits"]) == 2
    assert "expected no budget for a model with a decoder, got '5 bits'" in capsys.readouterr().err
    assert main(["sensitivity", str(whisper), *way, "--data", str(tiny_world.data)]) == 2
    assert "expected a CTC model, got WhisperForConditionalGeneration" in capsys.readouterr().err
    assert main(["quantize", str(whisper), *way, "-o", str(program), "--calibration-limit", "1"]) == 0
    capsys.readouterr()
    _hears_windows(program, tmp_path, capsys)
    description = load_program(program).description
    hostile = description["front_end"] | {"samples": 2 * 32_000}
    with pytest.raises(FileError, match=r"reads 200 \.\. 200 frames; its front end always makes 400"):
        Recognizer(_described(program, description | {"front_end": hostile}))
    fewer = description["tokens"] | {"pieces": description["tokens"]["pieces"][:-1], "special": []}
    for tokens, message in ((fewer, "expected a piece for each of 276 tokens, got 275"), (["a"], "expected an object")):
        described = _described(program, description | {"tokens": tokens})
        with pytest.raises(FileError, match=message):
            describe(described)
        earnest.save(described, tmp_path / "hostile.earnest")
        assert str(earnest.audit(tmp_path / "hostile.earnest").level) == "H3"


def _hears_windows(program: Path, folder: Path, capsys: Any) -> None:
    """4.5 s are heard as their parts of 2 s are, each by itself; features of the whole, as in evaluations, are not."""
    samples, width = tone(0, 4.5), 2 * RATE
    parts = [samples[first : first + width] for first in range(0, len(samples), width)]
    paths = [folder / "long.wav", *(folder / f"part{index}.wav" for index in range(len(parts)))]
    for path, content in zip(paths, [samples, *parts], strict=True):
        soundfile.write(path, content, RATE)
    assert main(["transcribe", str(program), *map(str, paths), "--json"]) == 0
    captured = capsys.readouterr()
    whole, *rows = json.loads(captured.out)["recordings"]
    assert [row["windows"] for row in (whole, *rows)] == [3, 1, 1, 1]
    assert whole["text"] == " ".join(row["text"] for row in rows if row["text"]) != ""
    assert whole["truncated"] == any(row["truncated"] for row in rows)
    assert captured.err.count("long.wav: longer than this program hears: cut into 3 windows") == 1
    cut = [f"long.wav: window {index}: cut off" for index, row in enumerate(rows, start=1) if row["truncated"]]
    assert all(line in captured.err for line in cut)
    assert captured.err.count("cut off: no end among") == 2 * len(cut)
    recognizer = Recognizer(program)
    assert recognizer.transcribe(paths[0]).token_ids == sum((recognizer.transcribe(p).token_ids for p in paths[1:]), ())
    with pytest.raises(AudioError, match=r"too long: this model hears 2 s, got 4\.500 s: cut it"):
        recognizer.codes(samples)


def _described(program: Path, description: Any) -> Any:
    from dataclasses import replace

    return replace(load_program(program), description=description)


@pytest.mark.parametrize(
    ("file", "parts", "message"),
    [
        (GENERATION, {"language": None, "task": None}, 'expected language, such as "en"'),
        (GENERATION, {"language": "xx"}, "expected language one of"),
        (GENERATION, {"task": "sing"}, "expected task one of"),
        (
            GENERATION,
            {"decoder_start_token_id": 9_999},
            r"expected tokens 0 \.\. 275 to begin and to end, got \[9999\]",
        ),
        (GENERATION, {"no_repeat_ngram_size": 3}, "no_repeat_ngram_size = 3: greedy decoding does not follow it"),
        (GENERATION, {"return_timestamps": True}, "return_timestamps = True: greedy decoding does not follow it"),
        (TOKENIZER, {"decoder": {"type": "CTC"}}, "expected a decoder ByteLevel"),
        (PROCESSOR, {"feature_extractor": 7}, "expected feature_extractor, an object"),
        (PROCESSOR, {"feature_extractor": {"feature_extractor_type": "ClapFeatureExtractor"}}, "got 'ClapFeature"),
        (
            PROCESSOR,
            {"feature_extractor": {"feature_extractor_type": "WhisperFeatureExtractor", "hop_length": 7.5}},
            "expected hop an integer",
        ),
        (
            PROCESSOR,
            {"feature_extractor": {"feature_extractor_type": "WhisperFeatureExtractor", "chunk_length": "30"}},
            "expected chunk_length an integer",
        ),
        (
            PROCESSOR,
            {"feature_extractor": {"feature_extractor_type": "WhisperFeatureExtractor", "dither": 0.1}},
            r"expected dither 0, got 0\.1",
        ),
        (
            PROCESSOR,
            {"feature_extractor": {"feature_extractor_type": "WhisperFeatureExtractor", "padding_value": 1}},
            "expected padding_value 0, silence, got 1",
        ),
    ],
)
def test_a_broken_folder_is_refused_in_one_line(copied: Path, file: str, parts: Any, message: str, capsys: Any) -> None:
    changed(copied / file, **parts)
    with pytest.raises(CheckpointError, match=message) as caught:
        load(copied)
    assert "\n" not in str(caught.value)
    assert main(["inspect", str(copied)]) == 2


def test_a_folder_without_its_files_is_refused(copied: Path) -> None:
    (copied / PROCESSOR).unlink()
    with pytest.raises(CheckpointError, match=r"preprocessor_config\.json: expected a JSON object"):
        load(copied)


def test_an_extractor_without_a_name_is_that_of_the_model(copied: Path) -> None:
    named = load(copied).front_end
    settings = json.loads((copied / PROCESSOR).read_text())["feature_extractor"]
    (copied / PROCESSOR).unlink()
    del settings["feature_extractor_type"]
    (copied / EXTRACTOR).write_text(json.dumps(settings))
    assert load(copied).front_end == named


def test_what_it_begins_with_is_what_whisper_begins_with(copied: Path) -> None:
    """Start, language, task and no marks of time; forced tokens where nothing is named."""
    ids = transformers.AutoTokenizer.from_pretrained(copied).convert_tokens_to_ids
    named = [ids(f"<|{name}|>") for name in ("startoftranscript", "de", "translate", "notimestamps")]
    changed(copied / GENERATION, language="<|de|>", task="translate")
    assert load(copied).recognition.rules.start == tuple(named)
    changed(copied / GENERATION, language="de", task=None)
    assert load(copied).recognition.rules.start == (*named[:2], ids("<|transcribe|>"), named[3])
    forced = [[1, named[1]], [2, named[2]]]
    changed(copied / GENERATION, language=None, forced_decoder_ids=forced)
    assert load(copied).recognition.rules.start == tuple(named)
    changed(copied / GENERATION, lang_to_id=None, task_to_id=None, forced_decoder_ids=None)
    assert load(copied).recognition.rules.start == (named[0], named[3])
