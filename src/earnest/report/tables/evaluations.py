"""Tables of the documents, made from rows of the ledger: a table in a page is generated, never typed.

A page holds `<!-- table:NAME -->`, the table, `<!-- /table -->`; `replace_block` puts a new table between the two
marks.
"""

import re
from collections.abc import Iterable

from earnest.errors import LedgerError
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.rows import AnyRow, of_kind
from earnest.report.markdown import signed, table

_HEADING = (
    *("program", "recipe", "target", "part of", "utterances", "words"),
    *("WER float", "WER integer", "difference", "95 % interval", "MB", "of float32"),
)


def evaluations(rows: Iterable[AnyRow]) -> list[EvaluationRow]:
    """The evaluations of a ledger: of each program, recipe, target, data and count the latest. Backends agree.

    Trials of a search are left out: the data chose among them.
    """
    found = [row for row in of_kind(rows, EvaluationRow) if row.search is None]
    return list({(row.program, row.recipe, row.target, row.data, row.utterances): row for row in found}.values())


def render(rows: Iterable[EvaluationRow]) -> str:
    """A Markdown table, one line per evaluation in the order given: rates in per cent, sizes in 10^6 bytes."""
    lines = []
    for row in rows:
        low, high = row.interval
        cells = (
            *(row.program, row.recipe, row.target, row.data),
            f"{row.utterances}",
            f"{row.words}",
            f"{row.float_wer:.2f}",
            f"{row.wer:.2f}",
            signed(row.difference),
            f"{signed(low)} … {signed(high)}",
            f"{row.file_bytes / 1e6:.2f}",
            f"{row.ratio:.3f}",
        )
        lines.append(cells)
    return table(_HEADING, lines, "llllrrrrrcrr")


def replace_block(text: str, name: str, table: str) -> str:
    """The page with the table `name` exchanged.

    LedgerError: the page has not exactly one such block, or the table holds a mark.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise LedgerError(f"expected a table's name of small letters, digits and hyphens, got {name!r}")
    if re.search(r"<!-- */?table", table):
        raise LedgerError(f"table {name}: a table cannot hold the mark of a table")
    opening, closing = f"<!-- table:{name} -->", "<!-- /table -->"
    if text.count(opening) != 1:
        raise LedgerError(f"expected {opening} once in the page, got it {text.count(opening)} times")
    before, _, rest = text.partition(opening)
    inside, mark, after = rest.partition(closing)
    if not mark or "<!-- table:" in inside:
        raise LedgerError(f"expected {closing} after {opening}, before any other table")
    return f"{before}{opening}\n{table.strip()}\n{closing}{after}"
