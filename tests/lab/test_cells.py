"""Cells run side by side, but for those that would make the same part twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.lab.tiny_experiment import write_experiment
from tests.report.material import experiment

from earnest.errors import EarnestError
from earnest.lab.cells import Watch, rows_by_cell, run_cells
from earnest.lab.executor import Result
from earnest.lab.experiment import load_experiment
from earnest.lab.matrix import Cell, matrix_cells
from earnest.ledger.ledger import append, read
from synthetic import TinyWorld


@dataclass
class Many:
    """Does many cells at a time, the last begun first, and writes down which it has at once."""

    failing: Sequence[str] = ()
    flying: list[Cell] = field(default_factory=list)
    waves: list[list[str]] = field(default_factory=list)
    capacity: int = 3

    def submit(self, cell: Cell) -> None:
        self.flying.append(cell)

    def done(self) -> list[tuple[Cell, Result]]:
        self.waves.append([cell.key for cell in self.flying])
        cell = self.flying.pop()
        failed = cell.key in self.failing
        return [(cell, EarnestError("no") if failed else experiment(cell=cell.key))]


@pytest.fixture
def cells(tiny_world: TinyWorld, tmp_path: Path) -> list[Cell]:
    """Three programs on one data set, and each on another one."""
    file = write_experiment(tmp_path, tiny_world, recipes='["w8a8", "w4a8", "w4a8-best"]')
    found = matrix_cells(load_experiment(file))
    other = [replace(cell, key=cell.key[::-1], evaluation=replace(cell.evaluation, sha256="0" * 64)) for cell in found]
    return [*found, *other]


def run(cells: Sequence[Cell], ledger: Path, executor: Many) -> tuple[list[str], list[str]]:
    finished: list[str] = []
    failed: list[str] = []
    watch = Watch(
        progress=None,
        finished=lambda cell, _: finished.append(cell.key),
        failed=lambda cell, _: failed.append(cell.key),
    )
    run_cells(cells, ledger, executor, watch)
    return finished, failed


def test_what_several_need_is_made_once(cells: list[Cell], tmp_path: Path) -> None:
    executor = Many()
    finished, failed = run(cells, tmp_path / "ledger.jsonl", executor)
    assert sorted(finished) == sorted(cell.key for cell in cells)
    assert not failed
    by_key = {cell.key: cell for cell in cells}
    made: set[str] = set()
    for wave in executor.waves:
        parts = [part for key in wave for part in (by_key[key].product, by_key[key].float_key) if part not in made]
        assert len(parts) == len(set(parts)), "two cells at a time make one part"
        made |= {by_key[wave[-1]].product, by_key[wave[-1]].float_key}
    assert max(map(len, executor.waves)) == 3, "what waits for nothing runs side by side"
    assert [*rows_by_cell(tmp_path / "ledger.jsonl")] == finished


def test_a_cell_that_fails_lets_the_next_one_make_its_parts(cells: list[Cell], tmp_path: Path) -> None:
    finished, failed = run(cells, tmp_path / "ledger.jsonl", Many(failing=[cells[0].key, cells[5].key]))
    assert sorted(failed) == sorted([cells[0].key, cells[5].key])
    assert len(finished) == 4


def test_a_row_that_came_from_elsewhere_meanwhile_counts_once(cells: list[Cell], tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"

    class Late(Many):
        def done(self) -> list[tuple[Cell, Result]]:
            append(ledger, experiment(cell=self.flying[-1].key), unless="cell")
            return super().done()

    finished, failed = run(cells, ledger, Late())
    assert not finished
    assert not failed
    assert len(read(ledger)) == len(rows_by_cell(ledger))
    assert sorted(rows_by_cell(ledger)) == sorted(cell.key for cell in cells)
