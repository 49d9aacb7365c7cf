"""Figures of a section as blocks of a page: bars, tables and lists. What has no form of its own is shown as a list."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from earnest.judge.page.palette import WIDEST
from earnest.judge.wording import DEEPEST, is_figure, is_plain, label, line, printable, shown

BARS = {
    "operators": "Operators by kind",
    "weight_bits": "Weights by their bits",
    "parameters": "Parameters by their use",
    "bytes": "Bytes of the file",
    "by_bits": "Multiply-accumulates by bits of their operands",
}
"""Counts that are drawn as bars."""
TITLES = {"systems": "Word errors", "rows": "Census of operators"}
"""What tables are called whose figures have a short name."""
FEW = 6
"""Parts of a list in a cell that are seen before it is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One count, its share of all, and its length (both 0 to 1). `shades` are the widths that colour it: none, one, or
    the two of a product.
    """

    label: str
    value: str
    share: float
    length: float
    shades: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """Cells of a table, each a list of texts; `real` marks an operator that computes in float."""

    cells: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    real: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`form` says what it is: `text`, `list` (label, Block), `parts` (Blocks), `bars`, `table`."""

    form: str
    title: str = ""
    text: str = ""
    total: str = ""
    entries: tuple[tuple[str, "Block"], ...] = ()
    parts: tuple["Block", ...] = ()
    bars: tuple[Bar, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[TableRow, ...] = ()


def shade(bits: int) -> int:
    """The width whose colour a width has."""
    return min(max(bits, 1), WIDEST)


def block(key: str, value: Any, depth: int = 0) -> Block:
    """Any figure in the form that suits it."""
    if key in BARS and _is_counts(value):
        return bars(key, value)
    if key == "interval" and isinstance(value, list | tuple) and len(value) == 2 and is_plain(value):
        return Block(form="text", text=f"{shown(value[0])} to {shown(value[1])}")
    if is_plain(value) or depth >= DEEPEST:
        return Block(form="text", text=line(value) if is_plain(value) else printable(value))
    if isinstance(value, Mapping):
        if len(value) > 1 and all(_is_record(part) for part in value.values()):
            return table(key, [{"": label(name), **part} for name, part in value.items()])
        entries = tuple((label(name), block(str(name), part, depth + 1)) for name, part in value.items())
        return Block(form="list", title=label(key), entries=entries)
    if all(_is_record(part) for part in value):
        return table(key, list(value))
    if all(is_figure(part) for part in value):
        return Block(form="text", text=line(value))
    return Block(form="parts", title=label(key), parts=tuple(block("", part, depth + 1) for part in value))


def bars(key: str, counts: Mapping[str, int]) -> Block:
    """Counts as bars, the longest as long as there is room."""
    total, most = sum(counts.values()), max(counts.values(), default=0)
    drawn = tuple(
        Bar(
            label=_bar_label(key, name),
            value=shown(count),
            share=count / total if total else 0.0,
            length=count / most if most else 0.0,
            shades=_shades(key, name),
        )
        for name, count in counts.items()
    )
    return Block(form="bars", title=BARS[key], total=shown(total), bars=drawn)


def table(key: str, records: list[Mapping[str, Any]]) -> Block:
    """Records that have the same figures, one a row; a figure that one of them lacks is an empty cell."""
    keys = list(dict.fromkeys(name for record in records for name in record))
    rows = tuple(
        TableRow(
            cells=tuple(_cell(record[name]) if name in record else ("",) for name in keys),
            numeric=tuple(type(record.get(name)) in (int, float) for name in keys),
            real=record.get("float") is True,
        )
        for record in records
    )
    return Block(
        form="table", title=TITLES.get(key, label(key)), columns=tuple(label(name) for name in keys), rows=rows
    )


def _cell(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(shown(part) for part in value)
    return (shown(value),)


def _is_counts(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(type(n) is int and n >= 0 for n in value.values())


def _is_record(value: Any) -> bool:
    """A mapping whose values are figures or lists of figures, of any length."""
    return isinstance(value, Mapping) and all(
        is_figure(part) or (isinstance(part, list | tuple) and all(is_figure(item) for item in part))
        for part in value.values()
    )


def _bar_label(key: str, name: str) -> str:
    bits = _widths(key, name)
    if key == "weight_bits" and bits:
        return f"{bits[0]} bits"
    if key == "by_bits" and bits:
        return f"{bits[0]} × {bits[1]}"
    return label(name)


def _shades(key: str, name: str) -> tuple[int, ...]:
    return tuple(shade(bits) for bits in _widths(key, name))


def _widths(key: str, name: str) -> tuple[int, ...]:
    """The widths that a count is of; none where its name does not say them."""
    form = {"weight_bits": r"(\d{1,4})", "by_bits": r"(\d{1,4})x(\d{1,4})"}.get(key)
    found = re.fullmatch(form, str(name), re.ASCII) if form else None
    return tuple(int(bits) for bits in found.groups()) if found else ()
