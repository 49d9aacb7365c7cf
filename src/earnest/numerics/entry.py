"""The ends of a program as multipliers of the law: how features become codes, and logits log-probabilities."""

from math import e, log2

from earnest.integer.sequence.log_probability import UNIT_BITS
from earnest.numerics.grid import Grid
from earnest.numerics.multiplier import multiplier


def entry_multiplier(grid: Grid) -> tuple[int, int]:
    """m and s with m 2^-s = 1 / scale; codes are clamp(zero_point + floor(x m 2^-s + 1/2)) in float64."""
    return multiplier(1.0 / grid.scale)


def exit_multiplier(grid: Grid) -> tuple[int, int]:
    """m and s of E27: what one code of a difference of logits is in 2^-16 of a binary digit."""
    return multiplier(grid.scale * log2(e) * (1 << UNIT_BITS))
