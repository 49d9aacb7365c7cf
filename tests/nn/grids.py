"""Grids of 8 bits."""

from earnest.numerics.grid import Grid


def grid(scale: float, zero_point: int = 0, bits: int = 8) -> Grid:
    return Grid(bits=bits, signed=True, scale=scale, zero_point=zero_point)
