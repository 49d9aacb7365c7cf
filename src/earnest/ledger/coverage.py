"""Rows of kind "coverage": what became of a family of recognisers at a tiny random configuration."""

from typing import ClassVar, Literal

from earnest.ledger.fields import Count, Real, Size, Text
from earnest.ledger.row import LedgerRow

COVERAGE = "coverage"


class CoverageRow(LedgerRow, frozen=True):
    """One family by one recipe on one target, the whole way to a verdict."""

    NOUN: ClassVar[str] = "a coverage"

    kind: Literal["coverage"]
    family: Text
    source: Text
    """The class that the family is, with its package."""
    part: Text
    """What of it was measured: all, or its encoder."""
    recipe: Text
    target: Text
    operators: dict[str, Count]
    """Operators of the program by kind."""
    aten_operators: Count
    """How many the exported graph had."""
    float_bytes: Size
    """Of the float32 parameters."""
    codes: Count
    """How many were compared with those of the twin on the reference backend."""
    differing: dict[str, Count]
    """Codes that differ, by backend."""
    decibel: Real
    """Signal over noise of the result, in dB, the least of all utterances."""
    file_bytes: Size
    multiply_accumulates: dict[str, Count]
    """By the widths of both factors, as `4x8`."""
    level: Text
    """The level of honesty (docs/verdict.md)."""
