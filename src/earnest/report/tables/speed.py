"""Speed of families: the latest rows of kind "speed", and the cells that they fill in the table of coverage."""

from collections.abc import Iterable, Mapping

from earnest.ledger.rows import AnyRow, of_kind
from earnest.ledger.speed import SpeedRow

TINY = "tiny"
"""The size that families have in `families.py`; any other is the name of a published one."""

RECIPE, TARGET = "w8a8", "int8x16"
"""Those of the table."""


def speeds(rows: Iterable[AnyRow]) -> dict[tuple[str, bool], SpeedRow]:
    """The latest row by family, and by whether it is the tiny size; of the table's recipe and target."""
    return {
        (row.family, row.size == TINY): row
        for row in of_kind(rows, SpeedRow)
        if (row.recipe, row.target) == (RECIPE, TARGET)
    }


def speed_cells(found: Mapping[tuple[str, bool], SpeedRow], family: str, absent: str) -> list[str]:
    """How many times as fast as torch, at the tiny size and at the published one, which is named."""
    tiny, published = (found.get((family, size)) for size in (True, False))
    return [
        absent if tiny is None else f"{tiny.ratio:.2f}",
        absent
        if published is None
        else f"{published.ratio:.2f} ({published.size}, {published.parameters / 1e6:.0f} M)",
    ]


def speed_note(found: Mapping[tuple[str, bool], SpeedRow]) -> str:
    """What the speeds were taken on and against, as a paragraph below the table."""
    told = {f"Speed: {row.machine_name}; torch {row.versions.get('torch')}." for row in found.values()}
    return "".join(f"\n\n{line}" for line in sorted(told))
