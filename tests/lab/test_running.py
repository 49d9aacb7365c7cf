"""Cells become rows: what is there is not done again, what fails costs no other, a kill at any point loses nothing."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lab.tiny_experiment import killed, lasting, started, write_experiment

from earnest.cli import main
from earnest.evaluation.anatomy import anatomy
from earnest.evaluation.evaluation import evaluate
from earnest.evaluation.figures import figures
from earnest.lab import running
from earnest.lab.experiment import load_experiment
from earnest.lab.matrix import matrix_cells
from earnest.lab.work_folder import WorkFolder
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import read
from earnest.ledger.rows import of_kind
from synthetic import TinyWorld, write_corpus


@pytest.fixture(scope="module")
def whole(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an experiment that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    file = write_experiment(folder, tiny_world)
    assert main(line(folder, file)) == 0
    return folder


def rows_of(ledger: Path) -> list[EvaluationRow]:
    return of_kind(read(ledger), EvaluationRow)


def line(folder: Path, file: Path) -> list[str]:
    found = ["run", file, "--ledger", folder / "ledger.jsonl", "--work", folder / "work", "-j", "1", "--quiet"]
    return list(map(str, found))


def test_a_row_is_what_evaluate_gives_and_more(tiny_world: TinyWorld, whole: Path) -> None:
    cells = {cell.key: cell for cell in matrix_cells(load_experiment(whole / "tiny.toml"))}
    rows = rows_of(whole / "ledger.jsonl")
    assert {row.cell for row in rows} == cells.keys()
    for row in rows:
        cell = cells[row.cell or ""]
        program = whole / "work" / "programs" / f"{cell.product}.earnest"
        utterances = cell.evaluation.utterances
        expected = figures(evaluate(program, utterances, against=tiny_world.model, jobs=1, backend="native"))
        told = row.content() | {"interval": list(row.interval)}
        timed = {"seconds", "compute_seconds", "float_compute_seconds"}
        assert {key: told[key] for key in expected.keys() - timed} == {
            key: expected[key] for key in expected.keys() - timed
        }
        assert (row.experiment, row.seed, row.methods, row.limit) == ("tiny", 0, (), 2)
        assert row.calibration is not None
        assert row.calibration.recordings == 1
        assert str(whole) not in str(row)


def test_the_counts_of_a_row_are_those_of_the_program(whole: Path) -> None:
    from earnest.file import load

    for row in rows_of(whole / "ledger.jsonl"):
        (program,) = [file for file in (whole / "work" / "programs").iterdir() if load_hash(file) == row.program_sha256]
        found = anatomy(load(program))
        assert row.weights == found.weights
        assert row.mean_weight_bits == pytest.approx(found.mean_weight_bits, abs=1e-4)
        assert row.effective_bits == pytest.approx(8 * program.stat().st_size / found.weights, abs=1e-4)


def load_hash(file: Path) -> str:
    from earnest.evaluation.anatomy import file_sha256

    return file_sha256(file)


def test_bit_operations() -> None:
    assert running.bit_operations({"4x8": 10, "16x8": 3}) == 10 * 32 + 3 * 128


def test_what_is_finished_is_not_done_again(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a finished cell was run again")

    monkeypatch.setattr(running, "row_of", refused)
    before = (whole / "ledger.jsonl").read_bytes()
    assert main(line(whole, whole / "tiny.toml")) == 0
    assert (whole / "ledger.jsonl").read_bytes() == before


def test_parts_are_used_again(tiny_world: TinyWorld, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another ledger all cells are run, but neither quantized nor heard by the float model again."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a part was made again")

    monkeypatch.setattr("earnest.pipeline.quantize", refused)
    monkeypatch.setattr(running, "evaluate_float", refused)
    again = line(whole, whole / "tiny.toml")
    again[3] = str(whole / "again.jsonl")
    assert main(again) == 0
    assert lasting(rows_of(whole / "again.jsonl")) == lasting(rows_of(whole / "ledger.jsonl"))


def test_a_cell_that_fails_costs_no_other(
    tiny_world: TinyWorld, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\ndescription = "a"\n[[rule]]\npath = "nowhere.*"\nweight_bits = 8\n'
    )
    file = write_experiment(tmp_path, tiny_world, recipes='["mine.toml", "w8a8"]')
    arguments = line(tmp_path, file)
    arguments[5] = str(whole / "work")
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("error: tiny-model, mine, int8x16, seed 0, synthetic: ")
    assert "matches no operator" in shown.err
    assert shown.err.count("\n") == 1
    assert "1 of 2 cells" in shown.out
    assert [row.recipe for row in rows_of(tmp_path / "ledger.jsonl")] == ["w8a8"]


def test_two_at_once_are_one(whole: Path, tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]) -> None:
    with WorkFolder(root=whole / "work").locked():
        assert main(line(whole, whole / "tiny.toml")) == 2
    err = capsys.readouterr().err
    assert "another process works there" in err
    assert err.count("\n") == 1
    assert main(line(whole, whole / "tiny.toml")) == 0


def wait_for(process: subprocess.Popen, file: Path) -> None:
    while process.poll() is None and not (file.exists() and file.stat().st_size):
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()


def test_interrupted_killed_and_resumed(tiny_world: TinyWorld, whole: Path, tmp_path: Path) -> None:
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8", "w4a8", "w4a8-best"]')
    process = started(tmp_path, "run", file)
    wait_for(process, tmp_path / "ledger.jsonl")
    assert killed(process, signal.SIGINT) == (130, "interrupted\n")
    first, *_ = rows_of(tmp_path / "ledger.jsonl")
    with (tmp_path / "ledger.jsonl").open("a") as ledger:
        ledger.write('{"kind":"evaluation","cell":"0123')  # as a kill in the middle of a write would leave it
    assert main(line(tmp_path, file)) == 0
    rows = rows_of(tmp_path / "ledger.jsonl")
    assert rows[0] == first
    found = lasting(rows)
    assert len(found) == 3
    assert lasting(rows_of(whole / "ledger.jsonl")).items() <= found.items()


@pytest.mark.slow
def test_workers_do_not_outlive_a_parent_that_was_killed(tiny_world: TinyWorld, tmp_path: Path) -> None:
    long = tmp_path / "long"
    write_corpus(long, chapters=1, each=1)
    place = long / "100" / "200"
    for number in range(1, 5000):
        (place / f"100-200-{number:04d}.flac").hardlink_to(place / "100-200-0000.flac")
    (place / "100-200.trans.txt").write_text("".join(f"100-200-{number:04d} WORDS\n" for number in range(5000)))
    command = [sys.executable, "-m", "earnest.cli", "evaluate", tiny_world.program, "--data", long, "-j", "2"]
    process = subprocess.Popen(list(map(str, command)), start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(of_group(process.pid)) >= 4)  # itself, two workers, and the tracker of their resources
        time.sleep(1)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    until(lambda: of_group(process.pid) == [])


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def of_group(group: int) -> list[int]:
    """Processes of a group that still run."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, of, state in rows if int(of) == group and not state.startswith("Z")]


@pytest.mark.slow
def test_killed_at_random_points(tiny_world: TinyWorld, whole: Path, tmp_path: Path) -> None:
    generator = random.Random(20)
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8", "w4a8", "w4a8-best"]')
    for _ in range(12):
        process = started(tmp_path, "run", file)
        try:
            out, err = process.communicate(timeout=generator.uniform(1.0, 9.0))
        except subprocess.TimeoutExpired:
            killed(process, signal.SIGKILL)
        else:
            assert process.returncode == 0, (out, err)
    assert main(line(tmp_path, file)) == 0
    rows = lasting(rows_of(tmp_path / "ledger.jsonl"))
    assert rows.keys() == {cell.key for cell in matrix_cells(load_experiment(file))}
    undisturbed = lasting(rows_of(whole / "ledger.jsonl"))
    assert {key: rows[key] for key in undisturbed} == undisturbed
    assert not [part for part in (tmp_path / "work").rglob("*.earnest") if part.stat().st_size == 0]
