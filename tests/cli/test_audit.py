"""`earnest audit` and `earnest export`: verdicts, replays, certificates, and one line for what cannot be judged."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.file.programs import opened, sealed

from earnest.cli import main
from synthetic import TinyWorld

pytest.importorskip("onnxruntime", reason="needs the extra `onnx`")


def audited(capsys: pytest.CaptureFixture[str], *arguments: str | Path, status: int = 0) -> dict:
    assert main(["audit", *map(str, arguments), "--json", "--quiet"]) == status
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def certificate(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of the tiny program, its replay included."""
    file = tmp_path_factory.mktemp("certificate") / "tiny.json"
    line = ["audit", tiny_world.program, "--certificate", file, "--replay", "--data", tiny_world.data, "--limit", "2"]
    assert main([*map(str, line), "--quiet"]) == 0
    return file


def test_a_program_is_h4(tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    found = audited(capsys, tiny_world.program)
    assert (found["level"], found["float_operators"], found["failed"], found["replayed"]) == ("H4", 0, [], False)
    assert found["sections"]["program"]["figures"]["title"] == "w8a8"
    assert found["next"]["level"] == "H5"


def test_a_level_that_is_not_reached(tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    audited(capsys, tiny_world.program, "--require", "H4")
    audited(capsys, tiny_world.program, "--require", "H5", status=1)


def test_a_replay_gives_the_mark(tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tiny_world.program), "--replay", "--data", str(tiny_world.data), "--limit", "2"]) == 0
    assert capsys.readouterr().out.startswith("H4 R ")
    found = audited(capsys, tiny_world.program, "--replay", "--data", tiny_world.data, "--limit", "2")
    figures = found["sections"]["replay"]["figures"]
    assert (found["replayed"], figures["differing"], figures["utterances"]) == (True, 0, 2)
    assert figures["codes"] > 100


def test_an_exported_program_is_integers(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "tiny.onnx"
    assert main(["export", str(tiny_world.program), "--to", "onnx", "-o", str(output), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["float_operators"], found["file_bytes"]) == (0, output.stat().st_size)
    verdict = audited(capsys, output)
    assert (verdict["level"], verdict["float_operators"], verdict["failed"]) == ("H3", 0, [])


def test_a_float_model_proves_nothing(tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    found = audited(capsys, tiny_world.model, status=1)
    assert found["level"] == "none"
    assert found["float_operators"] > 0


def test_an_evaluation_is_judged(tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "record.json"
    line = ["evaluate", tiny_world.program, "--against", tiny_world.model, "--data", tiny_world.data]
    assert main([*map(str, line), "-j", "1", "--record", str(record), "--quiet"]) == 0
    capsys.readouterr()
    found = audited(capsys, tiny_world.program, "--evaluation", record, status=1)
    assert "disjoint" in {finding["rule"] for finding in found["failed"]}, (
        "the tiny program was calibrated on this data"
    )
    assert found["sections"]["evaluation"]["figures"]["utterances"] == 6


def test_the_page(tiny_world: TinyWorld, tmp_path: Path) -> None:
    page = tmp_path / "verdict.html"
    assert main(["audit", str(tiny_world.program), "--html", str(page), "--quiet"]) == 0
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "encoder.layers.0" in text


def test_a_certificate_is_verified(
    tiny_world: TinyWorld, certificate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = tmp_path / "another.earnest"
    renamed.write_bytes(tiny_world.program.read_bytes())
    assert audited(capsys, renamed, "--verify", certificate)["differences"] == []


def changed(data: bytes, name: str, at: int) -> bytes:
    """A program with one bit of a tensor changed, sealed again."""
    manifest, tensors = opened(data)
    tensors[name].reshape(-1).view(np.uint8)[at] ^= 1
    return sealed(manifest, tensors)


def test_one_bit_is_noticed(
    tiny_world: TinyWorld, certificate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In every tensor of the program: weights, multipliers, tables, constants; sealed again by who knows how."""
    data = tiny_world.program.read_bytes()
    file = tmp_path / "tiny.earnest"
    names = sorted(opened(data)[1])
    unseen = []
    for name in names:
        file.write_bytes(changed(data, name, 0))
        status = main(["audit", str(file), "--verify", str(certificate), "--json", "--quiet"])
        out = capsys.readouterr().out
        if status == 0 or (status == 1 and not (json.loads(out)["failed"] or json.loads(out)["differences"])):
            unseen.append(name)
    assert len(names) > 20
    assert unseen == []


def test_another_operator_is_noticed(
    tiny_world: TinyWorld, certificate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, tensors = opened(tiny_world.program.read_bytes())
    step = next(step for step in manifest["steps"] if step[1] == "add")
    step[3][manifest["kinds"]["add"]["fields"].index("multipliers")][0] += 1
    file = tmp_path / "tiny.earnest"
    file.write_bytes(sealed(manifest, tensors))
    found = audited(capsys, file, "--verify", certificate, status=1)
    assert {"program_sha256"} <= {difference["what"] for difference in found["differences"]}


def one_line(capsys: pytest.CaptureFixture[str], arguments: Sequence[str | Path]) -> str:
    assert main(["audit", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_what_cannot_be_judged(tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tiny_world.program.read_bytes()
    for name, content in {
        "empty": b"",
        "short": data[:100],
        "half": data[: len(data) // 2],
        "text": b"this is no program at all",
        "hostile": (1 << 62).to_bytes(8, "little") + data[8:],
        "deep": (400_000).to_bytes(8, "little") + b"[" * 400_000,
        "broken.onnx": b"\x08\x07broken",
    }.items():
        file = tmp_path / name
        file.write_bytes(content)
        assert str(file) in one_line(capsys, [file])
    assert "nothing there" in one_line(capsys, [tmp_path / "missing"])
    assert "--data" in one_line(capsys, [tiny_world.program, "--replay"])
    assert "--require" in one_line(capsys, [tiny_world.program, "--require", "H9"])
    assert "not both" in one_line(
        capsys, [tiny_world.program, "--verify", data_free(tmp_path), "--certificate", "c.json"]
    )
    assert "malformed" not in one_line(capsys, [tiny_world.program, "--verify", data_free(tmp_path)])


def data_free(folder: Path) -> Path:
    """A certificate that is none."""
    file = folder / "none.json"
    file.write_text('{"kind": "certificate"}')
    return file


def test_what_is_not_verified_is_not_called_the_same(
    tiny_world: TinyWorld, certificate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that breaks a rule is not run: no differences were looked for, and the answer says so."""
    file = tmp_path / "tiny.earnest"
    file.write_bytes(tiny_world.program.read_bytes() + bytes(8))
    assert audited(capsys, file, "--verify", certificate, status=1)["differences"] is None
    assert main(["audit", str(file), "--verify", str(certificate)]) == 1
    out = capsys.readouterr().out
    assert "not verified" in out
    assert "came out the same" not in out
