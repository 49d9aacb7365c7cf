"""Tables as constants: their entries, and which of them can be reached (E15 to E19)."""

import numpy as np

from earnest.judge.program import rules
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value, code_range

KNOTS = 513
"""Entries of an interpolated table: a 16-bit code has 512 intervals of 128."""


def narrow(place: Place, bits: int) -> None:
    """A table of one code has one of 8 bits at most, so that no layer can hide in it."""
    place.require(
        1 <= bits <= 8, rules.CONSTANTS, f"expected a table of one code of at most 8 bits, got one of {bits} bits"
    )


def knots(place: Place, name: str) -> bool:
    """A table of E16, and the products of its largest entry."""
    found = place.array(name, (KNOTS,), *code_range(32, signed=True))
    if found:
        place.wide(3 * 128 * int(np.abs(place.codes(name)).max()) + (1 << 15))
    return found


def entries_vary(place: Place, name: str, first: int, last: int) -> bool:
    """Whether the entries that can be reached are not all the same."""
    return len(np.unique(place.codes(name)[first : last + 1])) > 1


def reached(x: Value) -> tuple[int, int]:
    """First and last entry of a table that the known codes reach."""
    lowest, _ = code_range(x.bits, signed=x.signed)
    return x.low - lowest, x.high - lowest


def furthest(place: Place) -> int:
    """The largest difference from a row's maximum; a row of one key has none."""
    (x,) = place.operands
    return x.high - x.low if place.shape[-1] > 1 else 0


def begins_with(place: Place, name: str, first: int) -> None:
    """The first entry of a table of exponentials, that of the row's maximum."""
    found = int(place.codes(name)[0])
    place.require(
        found == first,
        rules.CONSTANTS,
        f"{name}: expected its first entry, that of the row's maximum, to be {first}, got {found}",
    )
