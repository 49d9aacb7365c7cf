"""Every step of a program as one cell, each group of steps in a row of its own."""

from dataclasses import dataclass

from earnest.judge.page.steps import Repetition, Step
from earnest.judge.program.law import moves_codes
from earnest.judge.wording import printable

PITCH, SIZE, SMALL = 17, 15, 7
LABEL = 176
COLUMNS = 56
"""Cells in a row; a longer group goes on below."""
LONGEST = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One step: `form` is `square` (it has weights), `circle` (it computes), or `dot` (it moves codes)."""

    step: Step
    form: str
    left: float
    top: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All cells, the names of the rows with their middles, and the size of it all in pixels."""

    width: int
    height: int
    rows: tuple[tuple[str, float], ...]
    cells: tuple[Cell, ...]


def overview(steps: tuple[Step, ...], repetitions: list[Repetition]) -> Overview:
    """The cells of all steps, in the order of the repetitions."""
    rows: list[tuple[str, float]] = []
    cells: list[Cell] = []
    top = 0
    for group in (group for repetition in repetitions for group in repetition.groups):
        name = printable(group.name)
        rows.append((name if len(name) <= LONGEST else "…" + name[1 - LONGEST :], top + SIZE / 2))
        for number, place in enumerate(group.places):
            across, down = number % COLUMNS, number // COLUMNS
            cells.append(_cell(steps[place], LABEL + across * PITCH, top + down * PITCH))
        top += PITCH * -(-len(group.places) // COLUMNS)
    most = max(min(len(group.places), COLUMNS) for repetition in repetitions for group in repetition.groups)
    return Overview(width=LABEL + most * PITCH, height=top, rows=tuple(rows), cells=tuple(cells))


def _cell(step: Step, left: int, top: int) -> Cell:
    if step.weight_bits is not None:
        return Cell(step=step, form="square", left=left, top=top, size=SIZE)
    if moves_codes(step.kind):
        inset = (SIZE - SMALL) / 2
        return Cell(step=step, form="dot", left=left + inset, top=top + inset, size=SMALL)
    return Cell(step=step, form="circle", left=left, top=top, size=SIZE)
