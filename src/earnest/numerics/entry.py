"""The entry: how real features become codes, as a multiplier of the law."""

from earnest.numerics.grid import Grid
from earnest.numerics.multiplier import multiplier


def entry_multiplier(grid: Grid) -> tuple[int, int]:
    """m and s with m 2^-s = 1 / scale; codes are clamp(zero_point + floor(x m 2^-s + 1/2)) in float64."""
    return multiplier(1.0 / grid.scale)
