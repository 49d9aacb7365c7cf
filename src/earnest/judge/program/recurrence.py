"""Recurrences over time (E29, E30). No step needs what is known of the one before."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from earnest.judge.program import rules, weights
from earnest.judge.program.factors import WeightsByResult
from earnest.judge.program.fields import RESULT, integer, shift, truth
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse
from earnest.judge.program.tables import knots
from earnest.judge.program.values import Value, code_range

STATE_BITS = 16
ONE = 1 << 15
"""What a gate is at most, and more."""

OUTPUT = {"output_multiplier": integer, "output_shift": shift, "reverse": truth}


def recurrence(gates: int, factor: int) -> Kind:
    """The recurrence of so many gates, whose result is a tangent times a factor."""
    return Kind(
        fields={**weights.CODING, **OUTPUT, **RESULT},
        tensors=("weight",),
        constants=(*weights.CONSTANTS, "sigmoid", "tanh"),
        shape=partial(_shape, gates),
        prove=partial(_prove, factor),
        factors=WeightsByResult(),
    )


def _shape(gates: int, step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, weight = shapes[0], step.arrays["weight"].codes.shape
    if len(weight) != 2 or weight[0] != gates * weight[1] or len(x) != 3 or x[2] != weight[0]:
        refuse(f"[batch, time, rows] and {gates} square gates of as many rows", (x, weight))
    return (*x[:2], weight[1])


def _prove(factor: int, place: Place) -> Value:
    """The sums with any hidden state, the tables, and what becomes of a tangent times a factor."""
    bits, signed = place.result()
    place.reads(0, STATE_BITS, signed=True)
    place.zero_point("zero_point", bits, signed)
    low, high = code_range(bits, signed=signed)
    weights.weighted_sums(place, max(-low, high))
    multiplier, shift = place.integer("output_multiplier"), place.integer("output_shift")
    place.multiplier(np.asarray([multiplier]), np.asarray([shift]), negative=True)
    if knots(place, "sigmoid") & knots(place, "tanh"):
        least = int(place.codes("sigmoid").min())
        place.require(least >= 0, rules.CONSTANTS, f"expected a sigmoid of 0 or more, got {least}")
        varies = any(len(np.unique(place.codes(name))) > 1 for name in ("sigmoid", "tanh"))
        reach = min((int(np.abs(place.codes("tanh")).max()) >> 8) + 1, ONE) * factor
        place.varies_if(varies and place.requantized(-reach, reach, multiplier, shift))
    return place.makes(bits, signed=signed)
