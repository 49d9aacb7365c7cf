"""Milliseconds of each weight's operator at each width, on the native engine of this machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from earnest.engine.measure import step_milliseconds
from earnest.integer.law.operators import WEIGHTED
from earnest.integer.program.program import Program
from earnest.integer.program.target import Target
from earnest.methods.allocation import Width
from earnest.methods.widths import WIDTHS, Sensitivity
from earnest.nn.parallel import Progress, counted
from earnest.runtime.front_ends.front_end import FrontEnd
from earnest.swapping.recipe import Recipe, Rule

SECONDS = 10.0
"""Speech that a budget of milliseconds is for, or the longest that a program reads where that is less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Milliseconds:
    """Those of each weight's operator at each width, and those of all other steps together."""

    of: Mapping[Width, Mapping[str, float]]
    rest: float


def milliseconds(program: Program, front_end: FrontEnd) -> float:
    """Those of all steps on one thread, for the speech that a budget of milliseconds is for."""
    return sum(_by_step(program, front_end).values())


def milliseconds_by_width(
    program_of: Callable[[Recipe], Program],
    recipe: Recipe,
    target: Target,
    found: Sequence[Sensitivity],
    front_end: FrontEnd,
    progress: Progress | None,
) -> Milliseconds:
    """Measured on programs that have all of their weights at one width, one for every width that the target has."""
    bits = set.intersection(*(set(target.weight_bits(each.kind)) for each in found))
    widths = [width for width in WIDTHS if width.bits in bits]
    done = counted(progress, len(widths))
    of, rests = {}, []
    for width in widths:
        first = Rule(operator=list(WEIGHTED), weight_bits=width.bits, weight_group=width.group)
        taken = _by_step(program_of(recipe.model_copy(update={"rule": [first, *recipe.rule]})), front_end)
        of[width] = {each.path: taken.pop(each.path) for each in found}
        rests.append(sum(taken.values()))
        if done is not None:
            done(len(of))
    return Milliseconds(of=of, rest=min(rests))


def _by_step(program: Program, front_end: FrontEnd) -> dict[str, float]:
    steps = round(SECONDS * front_end.sample_rate / front_end.hop)
    return step_milliseconds(program, min(steps, program.input.longest))
