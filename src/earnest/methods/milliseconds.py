"""Milliseconds of each weight's operator at each width, on the native engine of this machine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from earnest.engine.measure import step_milliseconds
from earnest.integer.program import Program
from earnest.methods.allocation import Width

SECONDS = 10.0
"""Speech that a budget of milliseconds is for, or the longest that a program hears where that is less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Milliseconds:
    """Those of each weight's operator at each width, and those of all other steps together."""

    of: Mapping[Width, Mapping[str, float]]
    rest: float


def milliseconds(program: Program, length: int) -> float:
    """Those of all steps, on one thread and an input of so many frames or samples."""
    return sum(step_milliseconds(program, length).values())


def milliseconds_by_width(
    programs: Iterable[tuple[Width, Program]], paths: Sequence[str], length: int, done: Callable[[int], None] | None
) -> Milliseconds:
    """Measured on programs that have all of their weights at one width, one for every width."""
    of, rests = {}, []
    for width, program in programs:
        found = step_milliseconds(program, length)
        of[width] = {path: found.pop(path) for path in paths}
        rests.append(sum(found.values()))
        if done is not None:
            done(len(of))
    return Milliseconds(of=of, rest=min(rests))
