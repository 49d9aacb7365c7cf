"""Tables in Markdown, written and read again: a page that shows the tables of the documents reads what these say."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from earnest.errors import LedgerError

_RULES = {"l": "---", "r": "--:", "c": ":-:"}
_LETTERS = {rule: letter for letter, rule in _RULES.items()}
_CELL = re.compile(r"((?:\\.|[^|\\])*)\|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that was read: `aligned` has a letter for each column, l, r or c; `notes` are the paragraphs below."""

    heading: tuple[str, ...]
    aligned: str
    lines: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def table(heading: Sequence[str], lines: Sequence[Sequence[str]], aligned: str) -> str:
    """A table with a letter of `aligned` for each column: l, r or c."""
    rule = "|".join(_RULES[letter] for _, letter in zip(heading, aligned, strict=True))
    first, *rest = (f"| {' | '.join(cell(text) for text in line)} |" for line in (heading, *lines))
    return "\n".join([first, f"|{rule}|", *rest])


def read_table(text: str) -> Table:
    """What `table`, or another table of the documents, says. LedgerError: it is no table."""
    first, *notes = text.strip().split("\n\n")
    heading, rule, *lines = (_cells(line) for line in (first + "\n").split("\n")[:-1]) if "\n" in first else ((), ())
    if not heading or {len(heading)} != {len(line) for line in (rule, *lines)} or not set(rule) <= set(_LETTERS):
        raise LedgerError(f"expected a table in Markdown, got {text[:60]!r}")
    return Table(
        heading=heading, aligned="".join(_LETTERS[each] for each in rule), lines=tuple(lines), notes=tuple(notes)
    )


def _cells(line: str) -> tuple[str, ...]:
    return tuple(re.sub(r"\\(.)", r"\1", text).strip() for text in _CELL.findall(line.removeprefix("|")))


def signed(value: float) -> str:
    """A number with its sign, never "-0.00"."""
    return f"{round(value, 2) + 0.0:+.2f}"


def cell(value: object) -> str:
    """One cell's text: neither a bar nor a line break can leave it."""
    return " ".join(str(value).replace("\\", "\\\\").replace("|", "\\|").split())
