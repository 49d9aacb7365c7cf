"""What runs cells: this process, one after the other, or a cluster (lab.cluster), many at a time."""

from dataclasses import dataclass, field
from typing import Protocol

from earnest.errors import EarnestError
from earnest.evaluation.workers import Progress
from earnest.lab.matrix import Cell
from earnest.lab.running import Workplace, row_of
from earnest.ledger.evaluation import EvaluationRow

Result = EvaluationRow | EarnestError


class Executor(Protocol):
    """Takes cells, and gives back their rows, or why there is none, in the order in which they are done."""

    @property
    def capacity(self) -> int:
        """How many cells it works on at a time."""
        ...

    def submit(self, cell: Cell) -> None:
        """Begin a cell."""
        ...

    def done(self) -> list[tuple[Cell, Result]]:
        """Those that are done by now; returns within seconds, or with at least one."""
        ...


@dataclass(slots=True, kw_only=True)
class Here:
    """This very process."""

    place: Workplace
    progress: Progress | None
    waiting: list[Cell] = field(default_factory=list)

    @property
    def capacity(self) -> int:
        """One after the other."""
        return 1

    def submit(self, cell: Cell) -> None:
        """Keep the cell until it is asked for."""
        self.waiting.append(cell)

    def done(self) -> list[tuple[Cell, Result]]:
        """Run what waits."""
        cells, self.waiting = self.waiting, []
        return [(cell, self._result(cell)) for cell in cells]

    def _result(self, cell: Cell) -> Result:
        try:
            return row_of(cell, self.place, self.progress)
        except EarnestError as error:
            return error
