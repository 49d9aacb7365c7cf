"""Pages whose tables and pictures come from the ledger: every page that holds a mark `<!-- table:NAME -->` of a known
table, or shows a picture `plots/NAME.svg`, which lies beside it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from earnest.errors import LedgerError
from earnest.ledger.ledger import read
from earnest.ledger.rows import AnyRow
from earnest.report.plots.error import draw_errors
from earnest.report.plots.sensitivity import draw_sensitivity
from earnest.report.tables.benchmark import render_linear, render_memory, render_short, render_times
from earnest.report.tables.chosen import render_chosen
from earnest.report.tables.coverage import render_coverage, render_operators
from earnest.report.tables.evaluations import evaluations, render, replace_block
from earnest.report.tables.models import render_models
from earnest.report.tables.results import render_best, render_results
from earnest.report.tables.sensitivity import render_sensitivity
from earnest.report.tables.training import render_steps, render_training
from earnest.report.tables.tried import render_tried
from earnest.swapping.recipe import shipped_recipes

Rows = Sequence[AnyRow]


def render_shipped(rows: Rows) -> str:
    """The evaluations of programs whose recipe comes with earnest; the table `results` has those of all experiments."""
    shipped = set(shipped_recipes())
    return render(row for row in evaluations(rows) if row.recipe.partition("@")[0] in shipped)


TABLES: dict[str, Callable[[Rows], str]] = {
    "chosen": render_chosen,
    "tried": render_tried,
    "evaluations": render_shipped,
    "results": render_results,
    "best": render_best,
    "sensitivity": render_sensitivity,
    "coverage": render_coverage,
    "coverage-operators": render_operators,
    "engine": render_times,
    "engine-short": render_short,
    "engine-memory": render_memory,
    "engine-linear": render_linear,
    "training": render_training,
    "training-step": render_steps,
    "models": render_models,
}
"""Tables by the name that stands in the mark."""

PLOTS: dict[str, Callable[[Rows], str]] = {"error-bytes": draw_errors, "sensitivity": draw_sensitivity}
"""Pictures by the name of their file."""

_PLOT = re.compile(r"\]\(plots/([^)/]+)\.svg\)")


def regenerated(text: str, rows: Rows) -> str:
    """The page with all of its tables made anew; LedgerError for a mark of a table that there is not."""
    for name in marks(text):
        if name not in TABLES:
            raise LedgerError(f"expected a table of {sorted(TABLES)}, got the mark <!-- table:{name} -->")
        text = replace_block(text, name, TABLES[name](rows))
    return text


def marks(text: str) -> list[str]:
    """Names of the tables that a page asks for, in order."""
    opening = "<!-- table:"
    return [part.partition(" -->")[0] for part in text.split(opening)[1:]]


def pictures(text: str, folder: Path, rows: Rows) -> dict[Path, str]:
    """What the pictures that a page in this folder shows should be; LedgerError for a picture that there is not."""
    found = {}
    for name in _PLOT.findall(text):
        if name not in PLOTS:
            raise LedgerError(f"expected a picture of {sorted(PLOTS)}, got plots/{name}.svg")
        found[folder / "plots" / f"{name}.svg"] = PLOTS[name](rows)
    return found


def outdated(pages: Iterable[Path], ledger: Path) -> dict[Path, str]:
    """What each page and each of its pictures that differs from the ledger should read instead. LedgerError: a page or
    ledger is unreadable.
    """
    rows = read(ledger)
    wanted = {}
    for page in pages:
        try:
            text = page.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LedgerError(f"{page}: expected a page of text: {error}") from error
        try:
            new = regenerated(text, rows)
            drawn = pictures(text, page.parent, rows)
        except LedgerError as error:
            raise LedgerError(f"{page}: {error}") from error
        if new != text:
            wanted[page] = new
        wanted |= {file: drawing for file, drawing in drawn.items() if _content(file) != drawing}
    return wanted


def _content(picture: Path) -> str | None:
    return picture.read_text(encoding="utf-8") if picture.is_file() else None
