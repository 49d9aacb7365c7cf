"""The commands do what they say, and with `--json` print one object."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from earnest.cli import main
from earnest.errors import LedgerError
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import read
from synthetic import TinyWorld, tone, write_corpus

NO_TORCH = """
import sys
from earnest.cli import main
status = main(sys.argv[1:])
assert "torch" not in sys.modules, "torch"
sys.exit(status)
"""


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict:
    assert main([*map(str, arguments), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def without_torch(*arguments: str | Path) -> str:
    command = [sys.executable, "-c", NO_TORCH, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_quantize_writes_the_same_file_twice(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "w4.earnest"
    output.write_bytes(b"what was there before")
    line = ["quantize", tiny_world.model, "--recipe", "w4a8", "--target", "int8x16"]
    line += ["--calibrate", tiny_world.data, "--calibration-limit", "2", "--longest", "10", "-o", output]
    found = run_json(capsys, *line, "--report")
    first = output.read_bytes()
    assert found["program"] == "tiny-model-w4a8"
    assert found["file_bytes"] == len(first)
    assert found["longest_frames"] == 1000
    assert found["accumulator_bits"] <= found["accumulator_bits_allowed"] == 32
    assert found["calibration"]["recordings"] == 2
    assert sum(found["operators_of_the_graph"].values()) <= len(found["report"])
    assert main([*map(str, line), "--report"]) == 0
    out = capsys.readouterr().out
    assert "all accounted for" in out
    assert "tiny-model-w4a8 (recipe w4a8, target int8x16)" in out
    assert output.read_bytes() == first
    assert [entry.name for entry in tmp_path.iterdir()] == ["w4.earnest"]


def test_evaluate_prints_one_object_and_appends_a_row(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, lines, record = (tmp_path / name for name in ("ledger.jsonl", "hypotheses.jsonl", "record.json"))
    line = ["evaluate", tiny_world.program, "--against", tiny_world.model, "--data", tiny_world.data, "--limit", "4"]
    line += ["--jobs", "1", "--ledger", ledger, "--hypotheses", lines, "--record", record]
    monkeypatch.setattr(sys, "argv", ["earnest", *map(str, line)])
    monkeypatch.setenv("EARNEST_DATA", str(tiny_world.data.parent))
    found = run_json(capsys, *line)
    assert found["utterances"] == 4
    assert found["difference"] == pytest.approx(found["wer"] - found["float_wer"], abs=1e-3)
    (row,) = read(ledger)
    assert isinstance(row, EvaluationRow)
    assert row.command.startswith("earnest evaluate $EARNEST_DATA/tiny.earnest --against $EARNEST_DATA/tiny-model ")
    assert str(tmp_path) not in ledger.read_text()
    shared = found.keys() - {"file", "beams"}  # rows of the ledger are of greedy decoding
    assert {key: json.loads(json.dumps(row.content()))[key] for key in shared} == {key: found[key] for key in shared}
    each = [json.loads(text) for text in lines.read_text().splitlines()]
    counted = ("substitutions", "deletions", "insertions")
    for errors, prefix in (("errors", ""), ("float_errors", "float_")):
        assert sum(one[errors] for one in each) == sum(found[f"{prefix}{kind}"] for kind in counted)
    whole = json.loads(record.read_text())
    assert whole["data"] == {
        "name": "synthetic",
        "sha256": found["data_sha256"],
        "coverage": "part",
        "available": 6,
    }
    assert [one["hypothesis"] for one in whole["utterances"]] == [one["hypothesis"] for one in each]
    assert str(tmp_path) not in record.read_text()


def test_evaluate_prints_both_systems(tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["evaluate", str(tiny_world.program), "--against", str(tiny_world.model), "--data", str(tiny_world.data)]
    assert main([*line, "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "data: synthetic, 6 utterances, 30 words" in out
    assert "x real time" in out  # at 80 columns, rich breaks this heading
    assert "integer - float:" in out
    assert main(["evaluate", str(tiny_world.model), "--data", str(tiny_world.data), "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "float32" in out
    assert "integer" not in out


def test_transcribe_needs_no_torch(tiny_world: TinyWorld, tmp_path: Path) -> None:
    slow, fast = tmp_path / "a.wav", tmp_path / "b.flac"
    soundfile.write(slow, tone(1, 0.6, 8_000), 8_000)
    soundfile.write(fast, tone(1, 0.6), 16_000)
    found = json.loads(without_torch("transcribe", tiny_world.program, slow, fast, "--json"))
    assert [one["path"] for one in found["recordings"]] == [str(slow), str(fast)]
    assert [one["resampled"] for one in found["recordings"]] == [True, False]
    assert [one["source_rate"] for one in found["recordings"]] == [8_000, 16_000]
    assert all(one["text"] and one["seconds"] == 0.6 for one in found["recordings"])


def test_transcribe_says_when_it_resamples(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow, fast = tmp_path / "a.wav", tmp_path / "b.wav"
    soundfile.write(slow, tone(1, 0.6, 8_000), 8_000)
    soundfile.write(fast, tone(1, 0.6), 16_000)
    assert main(["transcribe", str(tiny_world.program), str(fast)]) == 0
    alone = capsys.readouterr()
    assert alone.err == ""
    assert main(["transcribe", str(tiny_world.program), str(slow), str(fast)]) == 0
    both = capsys.readouterr()
    assert both.err == f"note: {slow}: resampled from 8000 to 16000 Hz\n"
    assert both.out.splitlines()[1] == f"{fast}: {alone.out.strip()}"
    assert main(["transcribe", str(tiny_world.program), str(slow), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_inspect_a_program_needs_no_torch(tiny_world: TinyWorld) -> None:
    found = json.loads(without_torch("inspect", tiny_world.program, "--operators", "--json"))
    assert found["float_tensors"] == 0
    assert found["program"] == "tiny-model-w8a8"
    assert sum(found["operators"].values()) == len(found["operator_list"])
    assert sum(found["bytes"].values()) == found["file_bytes"] == tiny_world.program.stat().st_size
    assert found["input"]["longest_seconds"] == 10.0
    assert found["calibration_recordings"] == 6


def test_inspect_in_words(tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tiny_world.program), "--operators"]) == 0
    out = capsys.readouterr().out
    assert "float tensors: 0" in out
    assert "encoder.layers.0.self_attn.linear_q" in out
    found = run_json(capsys, "inspect", tiny_world.model)
    assert found["kind"] == "float model"
    assert found["float_bytes"] == 4 * found["parameters"]


def test_tables_are_made_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, ledger = tmp_path / "page.md", tmp_path / "ledger.jsonl"
    page.write_text("<!-- table:evaluations -->\n<!-- /table -->\n")
    ledger.touch()
    line = ["tables", str(page), "--ledger", str(ledger)]
    assert main([*line, "--check"]) == 1
    assert "differs from the ledger" in capsys.readouterr().out
    assert page.read_text().count("\n") == 2
    assert main(line) == 0
    assert main([*line, "--check"]) == 0
    with pytest.raises(LedgerError):
        main(["--debug", "tables", str(page), "--ledger", str(tmp_path / "none")])


def test_an_interrupted_evaluation_ends_in_one_line(tiny_world: TinyWorld, tmp_path: Path) -> None:
    corpus = tmp_path / "long"
    write_corpus(corpus, chapters=1, each=1)
    place = corpus / "100" / "200"
    soundfile.write(place / "100-200-0000.flac", tone(0, 9.0), 16000)  # long enough for a fast machine, too
    for number in range(1, 3000):
        (place / f"100-200-{number:04d}.flac").hardlink_to(place / "100-200-0000.flac")
    lines = [f"100-200-{number:04d} WORDS\n" for number in range(3000)]
    (place / "100-200.trans.txt").write_text("".join(lines))
    command = [sys.executable, "-m", "earnest.cli", "evaluate", tiny_world.program, "--data", corpus, "-j", "2"]
    started = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that the signal reaches workers too, as Ctrl-C at a terminal does
    )
    time.sleep(3)
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err) == (130, "", "interrupted\n")
