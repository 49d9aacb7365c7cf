"""Products and sums of grids: E10 to E14, E20 and E26, each with the bound of its sum over the real constants."""

from collections import Counter

import numpy as np

from earnest.judge.program import rules
from earnest.judge.program.place import MANTISSA_HIGH, MANTISSA_LOW, MOST_SHIFT, Place
from earnest.judge.program.records import Array
from earnest.judge.program.values import Value, code_range

UNIT, UNIT_SHIFT = 1 << 15, 15
"""The multiplier of a product that is handed on unrounded."""

LARGEST_WEIGHT = 127
"""What a weight and the multiplier of its group come to at most."""

SMALLEST_GROUP = 8
"""Weights that share a multiplier: with fewer, the multipliers would be weights in disguise."""


def weighted(place: Place) -> Value:
    """E10, E11: the bound is that of the real weights."""
    (x,) = place.operands
    bits, signed = place.result()
    input_bits, input_signed = place.integer("input_bits"), place.step.fields["input_signed"]
    place.reads(0, input_bits, input_signed)
    place.zero_point("zero_point", bits, signed)
    magnitude = x.centred(0)
    if "input_zero_point" in place.step.fields:
        place.zero_point("input_zero_point", input_bits, input_signed)
        if any(place.step.fields["padding"]):
            magnitude = max(magnitude, abs(place.integer("input_zero_point")))
    sums = weighted_sums(place, magnitude)
    if sums is not None:
        epilogue = zip(sums, place.codes("bias"), place.codes("multiplier"), place.codes("shift"), strict=True)
        place.hears(
            any(
                place.requantized(int(b) - magnitude * int(s), int(b) + magnitude * int(s), int(m), int(n))
                for s, b, m, n in epilogue
            )
        )
    return place.makes(bits, signed=signed)


def weighted_sums(place: Place, magnitude: int) -> np.ndarray | None:
    """The sum of |w| of each row; the sums with codes up to a magnitude are proved. None where arrays are wrong."""
    weight = place.step.arrays["weight"]
    _check_weight(place, weight)
    sizes = _sizes(place, weight.codes)
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


def embedding(place: Place) -> Value:
    """E26: every code that the operand may have is a row."""
    (x,) = place.operands
    bits, signed = place.result()
    place.zero_point("zero_point", bits, signed)
    weight = place.step.arrays["weight"]
    _check_weight(place, weight)
    rows = len(weight.codes)
    known = place.require(
        x.low >= 0 and x.high < rows, rules.CONSTANTS, f"expected tokens in 0 .. {rows - 1}, got {x.low} .. {x.high}"
    )
    shaped = place.array("multiplier", (rows,), 0, MANTISSA_HIGH - 1) & place.array("shift", (rows,), 0, 255)
    if _sizes(place, weight.codes) is not None and shaped and known:
        place.multiplier(place.codes("multiplier"), place.codes("shift"), negative=False)
        place.hears(_tells_rows_apart(place, weight.codes[x.low : x.high + 1], x.low))
    return place.makes(bits, signed=signed)


def _tells_rows_apart(place: Place, codes: np.ndarray, first: int) -> bool:
    """Whether two rows that can be reached differ once they are brought to the result's grid."""
    size = place.integer("weight_group")
    chosen = slice(first, first + len(codes))
    factors = np.repeat(place.codes("group_multiplier")[chosen], size, axis=1)[:, : codes.shape[1]]
    shift = np.clip(place.codes("shift")[chosen, None].astype(np.int64), 1, 62)
    product = codes.astype(np.int64) * factors * place.codes("multiplier")[chosen, None]
    low, high = code_range(place.integer("bits"), signed=place.step.fields["signed"])
    made = np.clip(place.integer("zero_point") + ((product + (1 << (shift - 1))) >> shift), low, high)
    return bool((made != made[0]).any())


def _check_weight(place: Place, weight: Array) -> None:
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


def _sizes(place: Place, codes: np.ndarray) -> np.ndarray | None:
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


def matmul(place: Place) -> Value:
    """E12: a row of probabilities has a bounded sum; 24 bits are the accumulator itself."""
    a, b = place.operands
    bits, signed = place.result()
    place.reads(0, place.integer("left_bits"))
    place.reads(1, place.integer("right_bits"))
    place.zero_point("left_zero_point", a.bits, a.signed)
    place.zero_point("right_zero_point", b.bits, b.signed)
    place.zero_point("zero_point", bits, signed)
    place.one_multiplier()
    left = a.shape[-1] * a.centred(place.integer("left_zero_point"))
    if a.row is not None and place.integer("left_zero_point") == 0:
        left = min(left, a.row)
    bound = left * b.centred(place.integer("right_zero_point"))
    place.sums(bound)
    place.hears_product(bound)
    if bits == 24:
        epilogue = (place.integer("multiplier"), place.integer("shift"), place.integer("zero_point"))
        _, most = code_range(bits, signed=signed)
        place.require(
            epilogue == (UNIT, UNIT_SHIFT, 0) and bound <= most,
            rules.UNROUNDED,
            f"expected the accumulator itself within {most}, got m, s, z {epilogue} and sums up to {bound}",
        )
        return place.makes(bits, signed=signed, low=-bound if signed else 0, high=bound)
    return place.makes(bits, signed=signed)


def weighted_mean(place: Place) -> Value:
    """E20: the sum, its product with the mantissa, and the dividend."""
    e, v = place.operands
    bits, signed = place.result()
    place.require(
        e.bits <= 8 and not e.signed,
        rules.CLAIMED_WIDTHS,
        f"expected exponentials of at most 8 bits without a sign, got {e.bits}, signed {e.signed}",
    )
    place.reads(1, place.integer("right_bits"))
    place.zero_point("right_zero_point", v.bits, v.signed)
    place.zero_point("zero_point", bits, signed)
    place.one_multiplier()
    multiplier, shift = place.integer("multiplier"), place.integer("shift")
    place.require(multiplier > 0, rules.MULTIPLIERS, f"expected a multiplier above 0, got {multiplier}")
    mass = e.shape[-1] * e.high
    bound = mass * v.centred(place.integer("right_zero_point"))
    place.sums(max(bound, mass))
    place.wide((bound << 16) + (1 << max(shift + mass.bit_length(), 0)))
    place.wide(abs(multiplier) << mass.bit_length())
    return place.makes(bits, signed=signed)


def add(place: Place) -> Value:
    """E13: the sum of all terms is below 2^52."""
    bits, signed = place.result()
    zero_points, multipliers = place.step.fields["zero_points"], place.step.fields["multipliers"]
    if place.require(
        len(zero_points) == len(multipliers) == len(place.operands) > 0,
        rules.CONSTANTS,
        f"expected a zero point and a multiplier for each of {len(place.operands)} operands",
    ):
        _check_sum(place, zero_points, multipliers)
    place.zero_point("zero_point", bits, signed)
    return place.makes(bits, signed=signed)


def _check_sum(place: Place, zero_points: list[int], multipliers: list[int]) -> None:
    shift, sizes = place.integer("shift"), [abs(m) for m in multipliers if m]
    place.require(
        all(MANTISSA_LOW <= size < 1 << 52 for size in sizes) and 1 <= shift <= MOST_SHIFT,
        rules.MULTIPLIERS,
        f"expected 2^15 <= |m| < 2^52 or m = 0, and 1 <= s <= 47; got {multipliers}, {shift}",
    )
    ranges = [code_range(value.bits, signed=value.signed) for value in place.operands]
    place.require(
        all(low <= zero <= high for zero, (low, high) in zip(zero_points, ranges, strict=True)),
        rules.CONSTANTS,
        f"expected zero points that are codes of the operands, got {zero_points}",
    )
    place.hears(_hears_sum(place, multipliers))
    terms = zip(place.operands, zero_points, multipliers, strict=True)
    place.wide(sum(value.centred(zero) * abs(m) for value, zero, m in terms) + (1 << max(shift - 1, 0)), bits=52)


def multiply(place: Place) -> Value:
    """E14."""
    a, b = place.operands
    bits, signed = place.result()
    place.zero_point("left_zero_point", a.bits, a.signed)
    place.zero_point("right_zero_point", b.bits, b.signed)
    place.zero_point("zero_point", bits, signed)
    place.one_multiplier()
    bound = a.centred(place.integer("left_zero_point")) * b.centred(place.integer("right_zero_point"))
    place.sums(bound)
    place.hears_product(bound)
    return place.makes(bits, signed=signed)


def _hears_sum(place: Place, multipliers: list[int]) -> bool:
    """Whether what is heard moves the sum by more than is rounded away; a value may be there several times."""
    factors: Counter[str] = Counter()
    for name, value, m in zip(place.step.inputs, place.operands, multipliers, strict=True):
        factors[name] += m if value.heard else 0
    ranges = dict(zip(place.step.inputs, place.operands, strict=True))
    reach = sum(abs(m) * (ranges[name].high - ranges[name].low) for name, m in factors.items())
    return place.requantized(-reach, reach, 1, place.integer("shift"))
