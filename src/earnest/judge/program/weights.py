"""Weights: how they are stored, the multipliers of their groups, and the bounds of their sums (E10, E11, E26)."""

from collections.abc import Callable

import numpy as np

from earnest.judge.program import rules
from earnest.judge.program.fields import RESULT, integer, truth, weight_map, width
from earnest.judge.program.place import MANTISSA_HIGH, Place
from earnest.judge.program.records import Array
from earnest.judge.program.values import Value, code_range

LARGEST_WEIGHT = 127
"""What a weight and the multiplier of its group come to at most."""

SMALLEST_GROUP = 8
"""Weights that share a multiplier: with fewer, the multipliers would be weights in disguise."""

CODING = {"weight_bits": width, "weight_map": weight_map, "weight_group": integer}
"""The fields that say how weights are coded."""

FIELDS = {**CODING, "input_bits": width, "input_signed": truth, **RESULT}
CONSTANTS = ("group_multiplier", "bias", "multiplier", "shift")
"""What a sum of weights times the operand's codes has."""


def weighted(place: Place, padding: Callable[[Place], int]) -> Value:
    """E10, E11: the bound is that of the real weights. `padding` says how large codes are that the operand does not
    have, 0 where there are none.
    """
    (x,) = place.operands
    bits, signed = place.result()
    input_bits, input_signed = place.integer("input_bits"), place.step.fields["input_signed"]
    place.reads(0, input_bits, input_signed)
    place.zero_point("zero_point", bits, signed)
    magnitude = max(x.centred(0), padding(place))
    sums = weighted_sums(place, magnitude)
    if sums is not None:
        epilogue = zip(sums, place.codes("bias"), place.codes("multiplier"), place.codes("shift"), strict=True)
        place.varies_if(
            any(
                place.requantized(int(b) - magnitude * int(s), int(b) + magnitude * int(s), int(m), int(n))
                for s, b, m, n in epilogue
            )
        )
    return place.makes(bits, signed=signed)


def weighted_sums(place: Place, magnitude: int) -> np.ndarray | None:
    """The sum of |w| of each row; the sums with codes up to a magnitude are proved. None where arrays are wrong."""
    weight = place.step.arrays["weight"]
    check_weight(place, weight)
    sizes = weight_sizes(place, weight.codes)
    channels = weight.codes.shape[:1]
    shaped = place.array("bias", channels, *code_range(32, signed=True))
    shaped &= place.array("multiplier", channels, 0, MANTISSA_HIGH - 1)
    shaped &= place.array("shift", channels, 0, 255)
    if not shaped or sizes is None:
        return None
    place.multiplier(place.codes("multiplier"), place.codes("shift"), negative=False)
    sums = sizes.sum(axis=1)
    place.sums(max(magnitude * int(s) + abs(int(b)) for s, b in zip(sums, place.codes("bias"), strict=True)))
    return sums


def check_weight(place: Place, weight: Array) -> None:
    """Weights are stored as they are claimed, and none is wider."""
    claimed, map_ = place.integer("weight_bits"), place.step.fields["weight_map"]
    coding = {"symmetric": "signed", "odd": "odd"}.get(str(map_))
    place.require(
        weight.bits == claimed and weight.coding == coding and 1 <= claimed <= 8,
        rules.CLAIMED_WIDTHS,
        f"expected weights stored as they are claimed, {map_} of {claimed} bits, got {weight.coding} {weight.bits}",
    )
    most = (1 << claimed) - 1 if map_ == "odd" else (1 << (claimed - 1)) - 1
    size = int(np.abs(weight.codes).max(initial=0))
    place.require(
        size <= most, rules.CLAIMED_WIDTHS, f"expected weight codes within {-most} .. {most}, got one of size {size}"
    )


def weight_sizes(place: Place, codes: np.ndarray) -> np.ndarray | None:
    """|code| times the multiplier of its group, [out, depth]; None where the groups are wrong."""
    rows = np.abs(codes.astype(np.int64)).reshape(codes.shape[0], -1)
    size, depth = place.integer("weight_group"), rows.shape[1]
    if not place.require(
        min(depth, SMALLEST_GROUP) <= size <= depth,
        rules.CLAIMED_WIDTHS,
        f"expected groups of {SMALLEST_GROUP} weights or more, or a whole row of {depth}, got {size}",
    ):
        return None
    if not place.array("group_multiplier", (len(rows), -(-depth // size)), 1, LARGEST_WEIGHT):
        return None
    sizes = rows * np.repeat(place.codes("group_multiplier"), size, axis=1)[:, :depth]
    largest = int(sizes.max(initial=0))
    place.require(
        largest <= LARGEST_WEIGHT,
        rules.CLAIMED_WIDTHS,
        f"expected codes times group multipliers up to {LARGEST_WEIGHT}, got {largest}",
    )
    return sizes
