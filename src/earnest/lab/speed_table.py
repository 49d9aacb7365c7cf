"""Speed of families in the ledger: rows of kind "speed", their latest, and the cells that they fill in the table of
coverage.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from earnest.errors import LedgerError
from earnest.lab.ledger import check_keys
from earnest.lab.measured import check_size, machine_of

SPEED = "speed"
TINY = "tiny"
"""The size that families have in `families.py`; any other is the name of a published one."""

SPEED_KEYS: dict[str, type] = {
    "kind": str,
    "family": str,
    "size": str,
    "parameters": int,
    "recipe": str,
    "target": str,
    "time": int,
    "tokens": int,
    "threads": int,
    "rounds": int,
    "milliseconds": float,
    "float_milliseconds": float,
    "ratio": float,
    "cpu": str,
    "cpus": int,
    "command": str,
    "versions": dict,
}
"""What a row of kind "speed" holds at least: `time` samples or frames were heard, and `tokens` read, in `rounds` rounds
on so many `threads` each; `ratio` is the median of torch's time over the program's of the same round, which need not be
that of the medians.
"""

RECIPE, TARGET = "w8a8", "int8x16"
"""Those of the table."""

Row = Mapping[str, Any]


def check_speed(row: Mapping[str, object]) -> None:
    """LedgerError: a key is missing, of another type, or cannot be."""
    check_keys(row, SPEED_KEYS, "a speed")
    for key, kind in SPEED_KEYS.items():
        value = row[key]
        if kind in (int, float):
            check_size(key, value)
            if cast(float, value) < 0 or (value == 0 and key != "tokens"):
                raise LedgerError(f"a speed of the ledger: key {key!r}: expected a number above 0, got {value!r}")


def speeds(rows: Iterable[Mapping[str, object]]) -> dict[tuple[str, bool], Row]:
    """The latest row by family, and by whether it is the tiny size; of the table's recipe and target."""
    found: dict[tuple[str, bool], Row] = {}
    for row in rows:
        if row.get("kind") == SPEED:
            check_speed(row)
            if (row["recipe"], row["target"]) == (RECIPE, TARGET):
                found[cast(str, row["family"]), row["size"] == TINY] = row
    return found


def speed_cells(found: Mapping[tuple[str, bool], Row], family: str, absent: str) -> list[str]:
    """How many times as fast as torch, at the tiny size and at the published one, which is named."""
    tiny, published = (found.get((family, size)) for size in (True, False))
    return [
        absent if tiny is None else f"{tiny['ratio']:.2f}",
        absent
        if published is None
        else f"{published['ratio']:.2f} ({published['size']}, {published['parameters'] / 1e6:.0f} M)",
    ]


def speed_note(found: Mapping[tuple[str, bool], Row]) -> str:
    """What the speeds were taken on and against, as a paragraph below the table."""
    told = {f"Speed: {machine_of(row)}; torch {row['versions'].get('torch')}." for row in found.values()}
    return "".join(f"\n\n{line}" for line in sorted(told))
