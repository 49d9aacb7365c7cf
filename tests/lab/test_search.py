"""A search: every trial once in the ledger, the same configuration computed once, one that dies tried again."""

import signal
import time
from pathlib import Path

import pytest
from tests.lab.tiny_experiment import killed, started, write_experiment
from tests.report.material import experiment

from earnest.cli import main
from earnest.errors import EarnestError, ExperimentError
from earnest.lab.cells import Watch
from earnest.lab.experiment import Search, load_experiment
from earnest.lab.matrix import Cell
from earnest.lab.search import base_of, run_search
from earnest.lab.study import ended, open_study, running
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import read
from earnest.ledger.rows import of_kind
from synthetic import TinyWorld

FIGURES = {4: (9.0, 100), 8: (5.0, 200)}


class Pretended:
    """An executor that computes nothing: rates and sizes of a width; it may die at some cell."""

    capacity = 1

    def __init__(self, *, dies_at: int | None = None, fails: bool = False) -> None:
        self.cells: list[Cell] = []
        self.waiting: list[Cell] = []
        self.dies_at, self.fails = dies_at, fails

    def submit(self, cell: Cell) -> None:
        self.cells.append(cell)
        self.waiting.append(cell)

    def done(self) -> list[tuple[Cell, EvaluationRow | EarnestError]]:
        if len(self.cells) == self.dies_at:
            raise KeyboardInterrupt
        cells, self.waiting = self.waiting, []
        return [(cell, EarnestError("no") if self.fails else self.row(cell)) for cell in cells]

    def row(self, cell: Cell) -> EvaluationRow:
        wer, size = FIGURES[cell.recipe.rule[0].weight_bits or 0]
        margin = cell.recipe.rule[1].margin or 1.0
        return experiment(cell=cell.key, errors=round(100 * (wer + margin)), file_bytes=size, milliseconds=1.0)


def searched(file: Path, executor: Pretended) -> list[dict]:
    watch = Watch(progress=None, finished=lambda *_: None, failed=lambda *_: None)
    base = base_of(load_experiment(file))
    return run_search(base, file.with_name("ledger.jsonl"), file.with_name("search.db"), executor, watch)


def rows_of(ledger: Path) -> list[EvaluationRow]:
    return of_kind(read(ledger), EvaluationRow)


def search_of(file: Path) -> Search:
    search = load_experiment(file).search
    assert search is not None
    return search


@pytest.fixture
def file(tiny_world: TinyWorld, tmp_path: Path) -> Path:
    return write_experiment(tmp_path, tiny_world, recipes='["w8a8"]', trials=8)


def test_each_configuration_is_computed_once_and_the_front_is_the_best(file: Path) -> None:
    executor = Pretended()
    front = searched(file, executor)
    rows = rows_of(file.with_name("ledger.jsonl"))
    keys = [cell.key for cell in executor.cells]
    assert len(keys) == len(set(keys)) == len(rows) == 4, "eight trials in a space of four"
    assert {row.search for row in rows} == {"tiny"}
    assert len({row.trial for row in rows}) == 4
    assert [(each["wer"], each["bytes"], each["settings"]) for each in front] == [
        (5.9, 200, {"width": 8, "margin": 0.9}),
        (9.9, 100, {"width": 4, "margin": 0.9}),
    ]


def test_a_search_goes_on_where_it_was(file: Path) -> None:
    first = searched(file, Pretended())
    again = Pretended()
    assert searched(file, again) == first
    assert again.cells == []
    file.write_text(file.read_text().replace("trials = 8", "trials = 10"))
    searched(file, Pretended())
    study = open_study(search_of(file), file.with_name("search.db"), name="tiny", identity=identity(file))
    assert len(ended(study)) == 10


def identity(file: Path) -> str:
    return base_of(load_experiment(file)).identity


def test_a_trial_that_dies_is_tried_again_and_counted_once(file: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        searched(file, Pretended(dies_at=2))
    executor = Pretended()
    searched(file, executor)
    study = open_study(search_of(file), file.with_name("search.db"), name="tiny", identity=identity(file))
    dead = [trial for trial in study.trials if trial not in ended(study)]
    assert len(ended(study)) == 8
    assert len(dead) == 1
    (retry,) = [trial for trial in study.trials if trial.system_attrs.get("retry_history") == [dead[0].number]]
    assert retry.params == dead[0].params
    assert retry.values
    assert running(study) == []
    rows = rows_of(file.with_name("ledger.jsonl"))
    assert len({row.cell for row in rows}) == len(rows) == 4


def test_a_trial_of_another_machine_is_tried_again_when_its_heart_has_stopped(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Machines share a storage and no work folder: the dead are known by their hearts alone."""
    shared = f'seed = 5\nstorage = "sqlite:///{file.with_name("shared.db")}"'
    file.write_text(file.read_text().replace("seed = 5", shared))
    monkeypatch.setattr("earnest.lab.study.GRACE_SECONDS", 2)
    monkeypatch.setattr("earnest.lab.study.HEARTBEAT_SECONDS", 1)
    with pytest.raises(KeyboardInterrupt):
        searched(file, Pretended(dies_at=2))
    searched(file, Pretended())
    study = open_study(search_of(file), file, name="tiny", identity=identity(file))
    (dead,) = [trial for trial in study.trials if trial not in ended(study)]
    assert len(ended(study)) == 8
    assert [trial.values is None for trial in study.trials if trial.params == dead.params].count(True) == 1
    assert any(trial.system_attrs.get("retry_history") == [dead.number] for trial in ended(study))


def test_a_row_that_was_written_before_its_trial_died_is_used(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the ledger and the study: the row is there once, and the trial that is tried again finds it."""

    def died(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("earnest.lab.search._Driver._tell", died)
        with pytest.raises(KeyboardInterrupt):
            searched(file, Pretended())
    (row,) = rows_of(file.with_name("ledger.jsonl"))
    executor = Pretended()
    searched(file, executor)
    assert row.cell not in {cell.key for cell in executor.cells}


def test_trials_that_fail_for_a_reason_end_the_search(file: Path) -> None:
    assert searched(file, Pretended(fails=True)) == []
    assert not file.with_name("ledger.jsonl").exists()


def test_a_trial_that_was_taken_for_dead_meanwhile(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row stays, and whoever tries it again finds it there."""

    class Slow(Pretended):
        def done(self) -> list[tuple[Cell, EvaluationRow | EarnestError]]:
            if len(self.cells) == 1:
                open_study(search_of(file), file.with_name("search.db"), name="tiny", identity=identity(file))
            return super().done()

    executor = Slow()
    searched(file, executor)
    keys = [cell.key for cell in executor.cells]
    assert len(keys) == len(set(keys)) == len(read(file.with_name("ledger.jsonl")))
    study = open_study(search_of(file), file.with_name("search.db"), name="tiny", identity=identity(file))
    assert len(ended(study)) == 8
    assert len(study.trials) == 9


def test_one_objective_has_one_best(file: Path) -> None:
    file.write_text(file.read_text().replace('"wer", "bytes"', '"wer"'))
    assert [each["settings"] for each in searched(file, Pretended())] == [{"width": 8, "margin": 0.9}]


def test_another_search_of_the_same_name_is_refused(file: Path) -> None:
    searched(file, Pretended())
    file.write_text(file.read_text().replace("values = [4, 8]", "values = [3, 8]"))
    with pytest.raises(ExperimentError, match="give this one another name"):
        searched(file, Pretended())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('recipe = ["w8a8"]', 'recipe = ["w8a8", "w4a8"]', "recipe: expected one value to search from, got 2"),
        ("seed = [0]", "seed = [0, 1]", "seed: expected one value to search from, got 2"),
        ('objectives = ["wer", "bytes"]', 'objectives = ["wer", "wer"]', "search.objectives: expected each once"),
        ("rule.0.weight_bits", "rule.7.weight_bits", "search.space.width: rule.7.weight_bits: expected a place"),
        ("seed = 5", 'seed = 5\nstorage = "nosuch://x"', "search.storage: expected a database that can be opened"),
        ("seed = 5", 'seed = 5\nstorage = "sqlite:////nowhere/at/all.db"', "search.storage: expected a database"),
    ],
)
def test_what_cannot_be_searched(file: Path, old: str, new: str, message: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(ExperimentError) as caught:
        searched(file, Pretended())
    assert message in str(caught.value)


def test_without_a_table_there_is_nothing_to_search(tiny_world: TinyWorld, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"expected a table \[search\]"):
        searched(write_experiment(tmp_path, tiny_world, recipes='["w8a8"]'), Pretended())


@pytest.mark.slow
def test_killed_and_resumed(tiny_world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8"]', trials=4)
    ledger = tmp_path / "ledger.jsonl"
    process = started(tmp_path, "search", file)
    while process.poll() is None and not (ledger.exists() and ledger.stat().st_size):
        time.sleep(0.02)
    assert killed(process, signal.SIGKILL)[0] == -signal.SIGKILL
    before = rows_of(ledger)
    line = ["search", str(file), "--ledger", str(ledger), "--work", str(tmp_path / "work"), "-j", "1", "--quiet"]
    assert main(line) == 0
    assert "on the Pareto front" in capsys.readouterr().out
    rows = rows_of(ledger)
    assert rows[: len(before)] == before
    assert len({row.cell for row in rows}) == len(rows) <= 4
    study = open_study(search_of(file), tmp_path / "work" / "search.db", name="tiny", identity=identity(file))
    assert len(ended(study)) == 4
    assert {trial.user_attrs["cell"] for trial in ended(study)} == {row.cell for row in rows}
