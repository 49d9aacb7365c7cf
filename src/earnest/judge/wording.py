"""Names and figures of a verdict as words: what a stranger wrote is shown, and can play no trick on who reads it."""

from collections.abc import Mapping
from typing import Any

DEEPEST = 8
"""Levels of figures within figures that are shown; what lies deeper is shown as one text."""


def printable(text: object) -> str:
    """The text with everything that is not printable escaped: no terminal codes, no reversed writing, no half
    characters.
    """
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in str(text))


def label(key: object) -> str:
    """The name of a figure."""
    return printable(key).replace("_", " ")


def shown(value: Any) -> str:
    """One figure: groups of three digits, four digits of a fraction, `-` for what is not stated."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"
    return printable(value)


def is_plain(value: Any) -> bool:
    """Whether a value is one figure, or a list of at most 8 that reads as one."""
    if isinstance(value, list | tuple):
        return len(value) <= 8 and all(is_figure(part) for part in value)
    return is_figure(value)


def is_figure(value: Any) -> bool:
    """Whether a value has no parts."""
    return not isinstance(value, Mapping | list | tuple)


def line(value: Any) -> str:
    """A plain value in one line."""
    if isinstance(value, list | tuple):
        return ", ".join(shown(part) for part in value) if value else "none"
    return shown(value)
