"""Recurrences over time: LSTM and GRU (E29, E30). No step needs what is known of the one before."""

import numpy as np

from earnest.judge.program import rules
from earnest.judge.program.functions import knots
from earnest.judge.program.place import Place
from earnest.judge.program.products import weighted_sums
from earnest.judge.program.values import Value, code_range

STATE_BITS = 16
ONE = 1 << 15
"""What a gate is at most, and more."""


def lstm(place: Place) -> Value:
    """E29: a gate times the tangent of the cell."""
    return _over_time(place, ONE)


def gru(place: Place) -> Value:
    """E30: a mean of tangents."""
    return _over_time(place, 1)


def _over_time(place: Place, factor: int) -> Value:
    """The sums with any hidden state, the tables, and what becomes of a tangent times a factor."""
    bits, signed = place.result()
    place.reads(0, STATE_BITS, signed=True)
    place.zero_point("zero_point", bits, signed)
    low, high = code_range(bits, signed=signed)
    weighted_sums(place, max(-low, high))
    multiplier, shift = place.integer("output_multiplier"), place.integer("output_shift")
    place.multiplier(np.asarray([multiplier]), np.asarray([shift]), negative=True)
    if knots(place, "sigmoid") & knots(place, "tanh"):
        least = int(place.codes("sigmoid").min())
        place.require(least >= 0, rules.CONSTANTS, f"expected a sigmoid of 0 or more, got {least}")
        varies = any(len(np.unique(place.codes(name))) > 1 for name in ("sigmoid", "tanh"))
        reach = min((int(np.abs(place.codes("tanh")).max()) >> 8) + 1, ONE) * factor
        place.hears(varies and place.requantized(-reach, reach, multiplier, shift))
    return place.makes(bits, signed=signed)
