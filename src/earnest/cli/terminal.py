"""The terminal: results on standard output, everything else on standard error; bars only where somebody watches."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

Progress = Callable[[str, int, int], None]
UNSEEN_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""


def print_json(found: Mapping[str, object]) -> None:
    """The one JSON object of a command that was called with `--json`."""
    print(json.dumps(found, ensure_ascii=False, allow_nan=False, indent=2))


def note(message: str, *, quiet: bool) -> None:
    """Something that a person should know and no program needs."""
    if not quiet:
        print(f"note: {message}", file=sys.stderr)


@contextlib.contextmanager
def progress(*, quiet: bool) -> Iterator[Progress | None]:
    """A bar per stage on standard error; None where that is no terminal, or nobody wants it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        opening = bars.add_task("opening", total=None)
        stages = {}

        def report(stage: str, done: int, total: int) -> None:
            bars.update(opening, visible=False)
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=total)
            bars.update(stages[stage], completed=done, total=total)

        yield report


def print_table(table: "Table") -> None:
    """A table as wide as the terminal; where there is none to ask, wide enough that no cell is cut."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = UNSEEN_WIDTH
    console.print(table)


def megabytes(count: int) -> str:
    """Bytes as a person reads them, in 10^6."""
    return f"{count / 1e6:.2f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines whose cells stand below each other; the first row is the heading."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
