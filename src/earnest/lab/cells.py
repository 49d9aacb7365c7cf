"""Running the cells of an experiment, here or on a cluster: those that have a row in the ledger are finished."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from earnest.errors import EarnestError
from earnest.evaluation.workers import Progress
from earnest.lab.executor import Executor
from earnest.lab.matrix import Cell
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import append, read
from earnest.ledger.rows import of_kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told: of parts that are done, of a row that was finished, of a cell that failed."""

    progress: Progress | None
    finished: Callable[[Cell, EvaluationRow], None]
    failed: Callable[[Cell, EarnestError], None]


def run_cells(cells: Sequence[Cell], ledger: Path, executor: Executor, watch: Watch) -> None:
    """Run the cells that have no row in the ledger, and append their rows. One that fails costs no other."""
    done = rows_by_cell(ledger)
    waiting = [cell for cell in cells if cell.key not in done]
    flying: dict[str, Cell] = {}
    made: set[str] = set()
    while waiting or flying:
        if watch.progress is not None:
            watch.progress("cells", len(cells) - len(waiting) - len(flying), len(cells))
        cell = _next(waiting, flying.values(), made) if len(flying) < executor.capacity else None
        if cell is not None:
            waiting.remove(cell)
            flying[cell.key] = cell
            executor.submit(cell)
            continue
        for cell, result in executor.done():
            del flying[cell.key]
            if isinstance(result, EarnestError):
                watch.failed(cell, result)
                continue
            made |= _parts(cell)
            if append(ledger, result, unless="cell"):
                watch.finished(cell, result)
    if watch.progress is not None:
        watch.progress("cells", len(cells), len(cells))


def rows_by_cell(ledger: Path) -> dict[str, EvaluationRow]:
    """The rows of finished cells by their keys."""
    if not ledger.exists():
        return {}
    return {row.cell: row for row in of_kind(read(ledger), EvaluationRow) if row.cell is not None}


def _next(waiting: Iterable[Cell], flying: Iterable[Cell], made: set[str]) -> Cell | None:
    """The first cell that waits for nothing: a part that several need is made by the first of them alone."""
    being_made = {part for cell in flying for part in _parts(cell)} - made
    return next((cell for cell in waiting if not _parts(cell) & being_made), None)


def _parts(cell: Cell) -> set[str]:
    """What the cell leaves in the work folder for others: its program, and what the float model recognizes."""
    return {cell.product, cell.float_key}
