"""Group norm (E25): as many codes as a group has at the longest input, shifted first."""

import math
from collections.abc import Sequence

from earnest.judge.program import rules
from earnest.judge.program.fields import RESULT, integer, shift, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.norms import CONSTANTS, normalises
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse
from earnest.judge.program.values import Value

MOST_PRE_SHIFT = 15


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, channels, groups = shapes[0], step.arrays["multiplier"].codes.shape, step.fields["groups"]
    if len(x) < 3 or x[1:2] != channels:
        refuse(f"[batch, channels, ...] of {channels} channels", x)
    if groups < 1 or x[1] % groups:
        refuse(f"{x[1]} channels in groups of as many each", groups)
    return x


def _prove(place: Place) -> Value:
    (x,) = place.operands
    bits, signed = place.result()
    place.reads(0, place.integer("input_bits"))
    place.zero_point("zero_point", bits, signed)
    before = place.integer("pre_shift")
    place.require(
        0 <= before <= MOST_PRE_SHIFT,
        rules.CONSTANTS,
        f"expected a pre-shift of 0 to {MOST_PRE_SHIFT}, got {before}",
    )
    before = min(max(before, 0), MOST_PRE_SHIFT)
    low, high = ((end + ((1 << before) >> 1)) >> before for end in (x.low, x.high))
    count = place.shape[1] // place.integer("groups") * math.prod(place.shape[2:])
    epsilon = _epsilon(place, count)
    place.wide(count**2 * max(abs(low), abs(high)) ** 2 + epsilon, bits=62)
    normalises(place, place.shape[1], count, low, high)
    return place.makes(bits, signed=signed)


def _epsilon(place: Place, count: int) -> int:
    """E, at least 1; its multiplier is one of E9, and not negative."""
    a, t = place.integer("epsilon"), place.integer("epsilon_shift")
    lawful = (a == 0 or 1 << 15 <= a < 1 << 16) and 1 <= t <= 47
    place.require(lawful, rules.MULTIPLIERS, f"expected eps as 2^15 <= a < 2^16 or 0, and 1 <= t <= 47; got {a}, {t}")
    if not lawful:
        return 1
    place.wide(count**2 * a + (1 << (t - 1)))
    return max(1, (count**2 * a + (1 << (t - 1))) >> t)


KIND = Kind(
    fields={
        "groups": integer,
        "pre_shift": shift,
        "epsilon": integer,
        "epsilon_shift": shift,
        "input_bits": width,
        **RESULT,
    },
    constants=CONSTANTS,
    shape=_shape,
    prove=_prove,
)
