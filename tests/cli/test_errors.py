"""Whatever is wrong is one clear line on standard error, and an exit status that is not 0."""

import json
import shutil
import signal
from pathlib import Path

import pytest
import soundfile

from earnest.cli import application, main
from earnest.errors import AudioError, LedgerError
from synthetic import TinyWorld, tone


def one_line(capsys: pytest.CaptureFixture[str], *arguments: str | Path, status: int = 2) -> str:
    assert main([*map(str, arguments)]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def quantizing(world: TinyWorld, to: Path, **changed: str | Path) -> list[str | Path]:
    options: dict[str, str | Path] = {
        "--recipe": "w8a8",
        "--target": "int8x16",
        "--calibrate": world.data,
        "--output": to,
    }
    options |= {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    return ["quantize", world.model, *(part for pair in options.items() for part in pair)]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"recipe": "w1a1"},
            (
                "expected a recipe of ['auto', 'mixed-best', 'w4a8', 'w4a8-best', 'w4a8-fine', 'w8a8', 'w8a8-best'] "
                "or a TOML file"
            ),
        ),
        ({"target": "tpu"}, "expected a target of ['int8', 'int8x16'] or a TOML file, got 'tpu'"),
        ({"calibrate": "nowhere"}, "nowhere: no such folder"),
        ({"calibration_limit": "0"}, "Invalid value for '--calibration-limit'"),
        ({"longest": "0"}, "Invalid value for '--longest'"),
        ({"longest": "61"}, "--longest: this model hears at most 60 s, got 61 s"),
        ({"output": "nowhere/a.earnest"}, "--output: no folder nowhere; make it first"),
        ({"output": "."}, "--output: . is a folder; expected the name of a file"),
        ({"output": "/proc/a.earnest"}, "--output: cannot write /proc/a.earnest"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_what_cannot_be_quantized(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, str], message: str
) -> None:
    assert message in one_line(capsys, *quantizing(tiny_world, tmp_path / "a.earnest", **changed))
    assert list(tmp_path.iterdir()) == []


def test_models_that_are_none(tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.nemo").touch()
    line = quantizing(tiny_world, tmp_path / "a.earnest")
    for model, message in (
        (tmp_path / "none", "expected a checkpoint, got no such file or folder"),
        (tmp_path / "a.nemo", "pass --allow-pickle"),
        (tmp_path, "model.safetensors: expected the checkpoint's file, got none"),
    ):
        line[1] = model
        assert message in one_line(capsys, *line)


@pytest.mark.parametrize("command", ["inspect", "transcribe", "evaluate"])
def test_programs_that_are_none(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    damaged = tmp_path / "damaged.earnest"
    content = bytearray(tiny_world.program.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    (tmp_path / "text.earnest").write_text("no program")
    rest = {"inspect": [], "transcribe": ["a.wav"], "evaluate": ["--data", tiny_world.data, "-j", "1"]}[command]
    for name in ("damaged.earnest", "text.earnest", "none.earnest"):
        message = one_line(capsys, command, tmp_path / name, *rest)
        assert name in message


def test_recordings_that_are_none(tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    soundfile.write(tmp_path / "empty.wav", tone(1, 0.0), 16_000)
    soundfile.write(tmp_path / "short.wav", tone(1, 0.001), 16_000)
    soundfile.write(tmp_path / "few.wav", tone(1, 0.04), 16_000)
    soundfile.write(tmp_path / "long.flac", tone(1, 10.1), 16_000)
    for name, message in (
        ("none.wav", "no such file"),
        ("text.wav", "got something that is not audio"),
        ("empty.wav", "the recording is empty"),
        ("short.wav", "too short"),
        ("few.wav", "expected at least 5 frames = 0.05 s, got 4"),
        ("long.flac", "expected at most 1000 frames = 10 s, got 1010: cut it"),
        (".", "got a folder"),
    ):
        found = one_line(capsys, "transcribe", tiny_world.program, tmp_path / name)
        assert message in found
        assert str(tmp_path / name) in found


def test_data_that_are_none(tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent = tmp_path / "silent"
    shutil.copytree(tiny_world.data, silent, ignore=shutil.ignore_patterns("*.txt"))
    assert "transcripts" in one_line(capsys, "evaluate", tiny_world.program, "--data", silent)
    assert "no such folder" in one_line(capsys, "evaluate", tiny_world.program, "--data", tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--limit", "0"], "Invalid value for '--limit'"),
        (["--jobs", "0"], "Invalid value for '--jobs'"),
        (["--ledger", "a"], "--ledger: a row compares a program with its float model; give --against"),
        (["--hypotheses", "nowhere/a"], "--hypotheses: no folder nowhere; make it first"),
        (["--hypotheses", "/proc/a"], "--hypotheses: cannot write /proc/a"),
        (["--record", "nowhere/a"], "--record: no folder nowhere; make it first"),
        (["--backend", "abacus", "--jobs", "1"], "expected a backend of ['native', 'reference'], got 'abacus'"),
        (["--against", "nowhere", "--jobs", "1"], "nowhere: expected a checkpoint"),
        (["--beams", "0", "--jobs", "1"], "Input should be greater than or equal to 1"),
        (["--beams", "2", "--jobs", "1"], "expected a model with a decoder to follow 2 hypotheses, got one of CTC"),
        (["--target", "tpu", "--jobs", "1"], "expected a target of ['int8', 'int8x16']"),
        (["--target", "int8", "--jobs", "1"], "made for target 'int8x16'"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_options_out_of_range(
    tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    line = ["evaluate", tiny_world.program, "--data", tiny_world.data, *options]
    assert message in one_line(capsys, *line)


def test_beams_are_for_decoders_and_not_for_the_ledger(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = next(tiny_world.data.rglob("*.flac"))
    assert "Input should be greater than or equal to 1" in one_line(
        capsys, "transcribe", tiny_world.program, recording, "--beams", "0"
    )
    message = "expected a model with a decoder to follow 3 hypotheses"
    assert message in one_line(capsys, "transcribe", tiny_world.program, recording, "--beams", "3")
    data = ["--data", tiny_world.data, "--beams", "3", "--jobs", "1"]
    assert message in one_line(capsys, "evaluate", tiny_world.model, *data)
    line = ["evaluate", tiny_world.program, "--against", tiny_world.model, *data, "--ledger", tmp_path / "rows"]
    assert "--ledger: its rows are of greedy decoding" in one_line(capsys, *line)
    assert not (tmp_path / "rows").exists()


def test_speeds_are_of_sizes_and_families_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    expected = "--speed: expected a size of tiny, published, got huge"
    assert expected in one_line(capsys, "coverage", "--speed", "huge")
    expected = "--speed: expected families of wav2vec2-base, hubert"
    assert expected in one_line(capsys, "coverage", "torch-attention", "--speed", "published")


def test_a_model_is_not_compared_with_a_model(tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["evaluate", tiny_world.model, "--against", tiny_world.model, "--data", tiny_world.data]
    assert "is a float model itself" in one_line(capsys, *line)


def test_a_broken_ledger_is_found_before_the_work(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ledger").write_text("{}\n{")
    line = ["evaluate", tiny_world.program, "--data", tiny_world.data, "--against", tiny_world.model]
    assert "line 2: the last line is broken off" in one_line(capsys, *line, "--ledger", tmp_path / "ledger")


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert "(see `earnest --help`)" in one_line(capsys, "quantise")
    assert "(see `earnest inspect --help`)" in one_line(capsys, "inspect")
    assert main([]) == 0
    assert "Commands:" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("earnest ")


def test_a_bug_is_a_line_and_with_debug_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr("earnest.cli.inspect.opened", broken)
    message = one_line(capsys, "inspect", tmp_path / "a.earnest", status=1)
    assert message == "error: ZeroDivisionError: a b (a bug of earnest: `earnest --debug ...` shows where)\n"
    with pytest.raises(ZeroDivisionError):
        main(["--debug", "inspect", str(tmp_path / "a.earnest")])


def test_an_interrupt_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("earnest.cli.inspect.opened", interrupted)
    assert main(["inspect", str(tmp_path / "a.earnest")]) == application.INTERRUPTED
    assert capsys.readouterr() == ("", "interrupted\n")


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_an_interrupt_that_a_library_turned_into_an_error_is_still_one(
    debug: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def swallowing(*_: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ValueError("could not determine the shape of an object") from None

    monkeypatch.setattr("earnest.cli.inspect.opened", swallowing)
    assert main([*debug, "inspect", str(tmp_path / "a.earnest")]) == application.INTERRUPTED
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert capsys.readouterr() == ("", "interrupted\n")


def test_ledger_that_cannot_be_written_is_refused_before_the_work(
    tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["evaluate", tiny_world.program, "--data", tiny_world.data, "--against", tiny_world.model]
    for name in ("/proc/a", "nowhere/a"):
        assert "--ledger:" in one_line(capsys, *line, "--ledger", name)


def test_figures_are_shown_before_a_write_that_fails(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LedgerError("ledger: cannot be written: No space left on device")

    monkeypatch.setattr("earnest.ledger.ledger.append", full)
    line = ["evaluate", tiny_world.program, "--data", tiny_world.data, "--against", tiny_world.model, "--json"]
    line += ["--limit", "1", "-j", "1", "--ledger", tmp_path / "a", "--hypotheses", tmp_path / "b"]
    line += ["--record", tmp_path / "c"]
    assert main([*map(str, line)]) == 2
    shown = capsys.readouterr()
    assert "float_wer" in json.loads(shown.out)
    assert shown.err == "error: ledger: cannot be written: No space left on device\n"
    assert (tmp_path / "b").read_text().count("\n") == 1
    assert len(json.loads((tmp_path / "c").read_text())["utterances"]) == 1


def test_a_record_is_of_a_program(tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["evaluate", tiny_world.model, "--data", tiny_world.data, "--record", "a"]
    assert "--record: a record is of a program" in one_line(capsys, *line)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_hypotheses_on_a_full_disk_cost_neither_figures_nor_row(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["evaluate", tiny_world.program, "--data", tiny_world.data, "--against", tiny_world.model, "--json"]
    line += ["--limit", "1", "-j", "1", "--ledger", tmp_path / "a", "--hypotheses", "/dev/full"]
    assert main([*map(str, line)]) == 2
    shown = capsys.readouterr()
    assert "float_wer" in json.loads(shown.out)
    assert shown.err == "error: --hypotheses: /dev/full: cannot be written: No space left on device\n"
    assert (tmp_path / "a").read_text().count("\n") == 1


def test_one_bad_recording_costs_no_other(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = next(tiny_world.data.rglob("*.flac"))
    line = ["transcribe", tiny_world.program, tmp_path / "none.wav", good, "--json"]
    assert main([str(part) for part in line]) == 2
    shown = capsys.readouterr()
    bad, fine = json.loads(shown.out)["recordings"]
    assert "no such file" in bad["error"]
    assert "text" in fine
    assert shown.err.count("error: ") == 1
    assert main([str(part) for part in line[:-1]]) == 2
    assert capsys.readouterr() == (f"{good}: {fine['text']}\n", shown.err)
    with pytest.raises(AudioError):
        main(["--debug", *(str(part) for part in line)])


@pytest.mark.parametrize("option", ["recipe", "target"])
def test_settings_that_are_no_text(
    tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"name = \xff")
    changed = {option: str(path)}
    assert "TOML in UTF-8" in one_line(capsys, *quantizing(tiny_world, tmp_path / "a.earnest", **changed))
