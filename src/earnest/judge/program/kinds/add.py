"""Sums of several grids (E13): the sum of all terms is below 2^52."""

from collections import Counter

from earnest.judge.program import rules
from earnest.judge.program.fields import RESULT, integers, shift
from earnest.judge.program.kind import Kind
from earnest.judge.program.place import MANTISSA_LOW, MOST_SHIFT, Place
from earnest.judge.program.shapes import together
from earnest.judge.program.values import Value, code_range


def _prove(place: Place) -> Value:
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
    place.varies_if(_sum_varies(place, multipliers))
    terms = zip(place.operands, zero_points, multipliers, strict=True)
    place.wide(sum(value.centred(zero) * abs(m) for value, zero, m in terms) + (1 << max(shift - 1, 0)), bits=52)


def _sum_varies(place: Place, multipliers: list[int]) -> bool:
    """Whether the audio moves the sum by more than is rounded away; a value may be there several times."""
    factors: Counter[str] = Counter()
    for name, value, m in zip(place.step.inputs, place.operands, multipliers, strict=True):
        factors[name] += m if value.from_input else 0
    ranges = dict(zip(place.step.inputs, place.operands, strict=True))
    reach = sum(abs(m) * (ranges[name].high - ranges[name].low) for name, m in factors.items())
    return place.requantized(-reach, reach, 1, place.integer("shift"))


KIND = Kind(
    fields={"zero_points": integers, "multipliers": integers, "shift": shift, **RESULT},
    operands=None,
    shape=together,
    prove=_prove,
)
