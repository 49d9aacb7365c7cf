"""Recurrences: the tables of their gates, in Q15 over arguments in units of 2^-11 (E29, E30)."""

from functools import cache

import numpy as np
from jaxtyping import Int64

from earnest.integer.law.recurrence import ARGUMENT_FRACTION_BITS, STATE_BITS
from earnest.numerics.grid import Grid
from earnest.numerics.table import knots, sigmoid

ARGUMENT = Grid(bits=STATE_BITS, signed=True, scale=2.0**-ARGUMENT_FRACTION_BITS, zero_point=0)
"""Arguments of gates and the cell of an LSTM: -16 to 16, where both functions have long reached their ends."""

GATE = Grid(bits=STATE_BITS, signed=True, scale=2.0**-15, zero_point=0)
"""What gates make: -1 to 1, which is itself no code."""


@cache
def gate_tables() -> tuple[Int64[np.ndarray, "513"], Int64[np.ndarray, "513"]]:
    """The sigmoid and the hyperbolic tangent, entries of E16 each."""
    return knots(sigmoid, ARGUMENT, GATE), knots(np.tanh, ARGUMENT, GATE)
