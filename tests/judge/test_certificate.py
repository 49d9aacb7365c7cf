"""A certificate comes out again from its stored codes, and whatever was changed is named."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from earnest.errors import FileError
from earnest.judge.certificate import (
    CODES_SUFFIX,
    Recorded,
    Verification,
    codes_sha256,
    issue_certificate,
    read_certificate,
    verify_certificate,
)

PROGRAM = "ab" * 32
VERDICT: dict[str, Any] = {
    "level": "H4",
    "bits_per_weight": 8.25,
    "failed": [],
    "sections": {"replay": {"figures": {"codes": 9, "seconds": 1.25}}},
}
VERSIONS = {"earnest": "0.1.0", "numpy": "2.1"}
WORDS = ("one", "two", "three", "four")


def run(codes: np.ndarray) -> np.ndarray:
    """Logit codes [frames, classes] of feature codes [1, frames, features]."""
    return codes[0].astype(np.int32) @ np.arange(3 * 4, dtype=np.int32).reshape(3, 4) - 7


def decode(logits: np.ndarray) -> str:
    return " ".join(WORDS[index] for index in logits.argmax(axis=-1))


def recorded() -> list[Recorded]:
    generator = np.random.default_rng(5)
    return [
        Recorded(
            id=f"1-2-{index}",
            audio_sha256=f"{index:064x}",
            reference="ONE FOUR FOUR",
            codes=generator.integers(-128, 128, (1, 2 + index, 3), dtype=np.int8),
        )
        for index in range(4)
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "program.certificate.json"
    issue_certificate(
        path,
        recorded(),
        program_sha256=PROGRAM,
        verdict=VERDICT,
        normalisation="upper-case-1",
        run=run,
        decode=decode,
        versions=VERSIONS,
    )
    return path


def verified(file: Path, **more: Any) -> Verification:
    given = {"program_sha256": PROGRAM, "verdict": VERDICT, "run": run, "decode": decode, "versions": VERSIONS}
    return verify_certificate(file, **(given | more))


def named(found: Verification) -> set[str]:
    return {difference.what for difference in found.differences}


def edit(file: Path, *path: Any, value: Any) -> None:
    content = json.loads(file.read_text())
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    file.write_text(json.dumps(content))


def test_the_same_comes_out_again(file: Path):
    found = verified(file)
    assert found == Verification(differences=(), notes=(), utterances=4)
    certificate = read_certificate(file)
    for row, given in zip(certificate.rows, recorded(), strict=True):
        assert row.features_sha256 == codes_sha256(given.codes)
        assert row.logits_sha256 == codes_sha256(run(given.codes))
        assert row.text == decode(run(given.codes))
    assert certificate.words == 12
    assert certificate.errors > 0
    content = json.loads(file.read_text())
    assert content["word_errors"]["wer"] == pytest.approx(100 * certificate.errors / 12, abs=1e-4)
    assert "seconds" not in content["verdict"]["sections"]["replay"]["figures"]
    codes = load_file(file.with_name(file.name + CODES_SUFFIX))
    assert {name: tensor.dtype for name, tensor in codes.items()} == {one.id: np.int8 for one in recorded()}


def test_times_and_versions_are_no_differences(file: Path):
    later = copy.deepcopy(VERDICT)
    later["sections"]["replay"]["figures"]["seconds"] = 99.0
    found = verified(file, verdict=later, versions={"earnest": "0.2.0", "numpy": "2.1", "onnxruntime": "1"})
    assert found.differences == ()
    assert {note.what for note in found.notes} == {"versions.earnest", "versions.onnxruntime"}


def test_another_program_or_verdict_is_named(file: Path):
    worse = copy.deepcopy(VERDICT)
    worse["level"] = "H3"
    worse["failed"] = [{"rule": "widths"}]
    assert named(verified(file, verdict=worse)) == {"verdict.level", "verdict.failed"}
    assert named(verified(file, program_sha256="cd" * 32)) == {"program_sha256"}


def test_one_logit_code_that_differs_is_named(file: Path):
    def slightly(codes: np.ndarray) -> np.ndarray:
        logits = run(codes)
        if codes.shape[1] == 3:
            logits[0, logits[0].argmin()] += 1
        return logits

    assert named(verified(file, run=slightly)) == {"1-2-1.logits_sha256"}


def test_another_decoding_is_named(file: Path):
    found = named(verified(file, decode=lambda logits: "ONE FOUR FOUR"))
    assert found == {"errors", *(f"1-2-{index}.text" for index in range(4))}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("utterances", 2, "features_sha256"), "0" * 64, {"1-2-2.features_sha256"}),
        (("utterances", 2, "logits_sha256"), "0" * 64, {"1-2-2.logits_sha256"}),
        (("utterances", 2, "text"), "one", {"1-2-2.text"}),
        (("utterances", 2, "reference"), "ONE FOUR FOUR ONE", {"words", "errors"}),
        (("word_errors", "errors"), 0, {"errors"}),
        (("word_errors", "words"), 13, {"words"}),
        (("codes", "sha256"), "0" * 64, {"codes_sha256"}),
        (("program_sha256",), "0" * 64, {"program_sha256"}),
        (("verdict", "level"), "H5", {"verdict.level"}),
    ],
)
def test_a_certificate_that_was_edited_is_noticed(file: Path, path: Any, value: Any, expected: set[str]):
    edit(file, *path, value=value)
    assert named(verified(file)) & expected
    assert named(verified(file)) <= expected


def test_one_bit_of_the_stored_codes_is_noticed(file: Path):
    codes_file = file.with_name(file.name + CODES_SUFFIX)
    codes = load_file(codes_file)
    codes["1-2-3"][0, 1, 1] ^= 1
    save_file(codes, codes_file)
    found = named(verified(file))
    assert {"codes_sha256", "1-2-3.features_sha256", "1-2-3.logits_sha256"} <= found
    assert not [name for name in found if name.startswith(("1-2-0", "1-2-1", "1-2-2"))]


BROKEN = [
    (("kind",), "record", "kind: expected 'certificate'"),
    (("version",), 2, "version: expected 1"),
    (("program_sha256",), "x", "expected a SHA-256"),
    (("verdict",), [], "verdict: expected an object"),
    (("utterances",), [], "expected at least one"),
    (("utterances", 1, "id"), "1-2-0", "every id once"),
    (("utterances", 1, "audio_sha256"), None, "expected a SHA-256"),
    (("utterances", 1, "id"), "elsewhere", "expected the codes of 4 utterances"),
    (("word_errors", "errors"), "5", "expected an integer"),
    (("versions", "numpy"), 2, "expected text"),
    (("codes", "file"), "../a" + CODES_SUFFIX, "beside the certificate"),
    (("codes", "file"), "a.json", "beside the certificate"),
    (("codes", "file"), "none" + CODES_SUFFIX, "expected the feature codes"),
]


@pytest.mark.parametrize(("path", "value", "message"), BROKEN)
def test_what_is_no_certificate_is_one_error(file: Path, path: Any, value: Any, message: str):
    edit(file, *path, value=value)
    with pytest.raises(FileError, match=message) as caught:
        verified(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["garbage", "float", "missing", "more"])
def test_codes_that_do_not_belong_to_it_are_refused(file: Path, name: str):
    codes_file = file.with_name(file.name + CODES_SUFFIX)
    codes = load_file(codes_file)
    if name == "garbage":
        codes_file.write_bytes(b"\xff" * 100)
    elif name == "float":
        save_file(codes | {"1-2-1": codes["1-2-1"].astype(np.float32)}, codes_file)
    elif name == "missing":
        save_file({key: value for key, value in codes.items() if key != "1-2-1"}, codes_file)
    else:
        save_file(codes | {"1-2-9": codes["1-2-1"]}, codes_file)
    with pytest.raises(FileError, match=r"expected (the feature codes|integer codes|the codes of 4)"):
        verified(file)


def test_what_cannot_be_certified_is_refused(tmp_path: Path):
    def issue(path: Path, some: list[Recorded]) -> None:
        more = {"program_sha256": PROGRAM, "verdict": VERDICT, "run": run, "decode": decode, "versions": VERSIONS}
        issue_certificate(path, some, normalisation="upper-case-1", **more)

    with pytest.raises(FileError, match="there twice"):
        issue(tmp_path / "a", recorded() * 2)
    with pytest.raises(FileError, match="at least one utterance"):
        issue(tmp_path / "a", [])
    with pytest.raises(FileError, match="cannot be written"):
        issue(tmp_path / "none" / "a", recorded())
