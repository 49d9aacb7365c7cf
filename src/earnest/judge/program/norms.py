"""Norms: of a row of channels (E21, E28), and of groups of channels with all their positions (E25)."""

import math

from earnest.judge.program import rules
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value, code_range

MOST_PRE_SHIFT = 15


def layer_norm(place: Place) -> Value:
    """E21: every width that its equation forms."""
    (x,) = place.operands
    return _of_rows(place, x.low, x.high)


def rms_norm(place: Place) -> Value:
    """E28: the same of codes that are counted from the zero point, which is one of them."""
    (x,) = place.operands
    zero = place.integer("input_zero_point")
    place.zero_point("input_zero_point", x.bits, x.signed)
    return _of_rows(place, min(0, x.low - zero), max(0, x.high - zero))


def _of_rows(place: Place, low: int, high: int) -> Value:
    bits, signed = place.result()
    place.reads(0, place.integer("input_bits"))
    place.zero_point("zero_point", bits, signed)
    epsilon, channels = place.integer("epsilon"), place.shape[-1]
    place.require(epsilon >= 1, rules.CONSTANTS, f"expected an epsilon from 1, got {epsilon}")
    place.wide(channels**2 * max(abs(low), abs(high)) ** 2 + epsilon, bits=62)
    _normalises(place, channels, channels, low, high)
    return place.makes(bits, signed=signed)


def group_norm(place: Place) -> Value:
    """E25: as many codes as a group has at the longest input, shifted first."""
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
    epsilon = _group_epsilon(place, count)
    place.wide(count**2 * max(abs(low), abs(high)) ** 2 + epsilon, bits=62)
    _normalises(place, place.shape[1], count, low, high)
    return place.makes(bits, signed=signed)


def _group_epsilon(place: Place, count: int) -> int:
    """E, at least 1; its multiplier is one of E9, and not negative."""
    a, t = place.integer("epsilon"), place.integer("epsilon_shift")
    lawful = (a == 0 or 1 << 15 <= a < 1 << 16) and 1 <= t <= 47
    place.require(lawful, rules.MULTIPLIERS, f"expected eps as 2^15 <= a < 2^16 or 0, and 1 <= t <= 47; got {a}, {t}")
    if not lawful:
        return 1
    place.wide(count**2 * a + (1 << (t - 1)))
    return max(1, (count**2 * a + (1 << (t - 1))) >> t)


def _normalises(place: Place, channels: int, count: int, low: int, high: int) -> None:
    """D r, and what follows the normalised value: a multiplier, a shift and a bias for each channel."""
    place.wide(count * (high - low) * (1 << 16) + (1 << 31))
    names = (("multiplier", 17), ("shift", 16), ("bias", 64))
    lawful = [place.array(name, (channels,), *code_range(width, signed=True)) for name, width in names]
    if not all(lawful):
        return
    multiplier, shift = place.codes("multiplier"), place.codes("shift")
    place.multiplier(multiplier, shift, negative=True)
    largest = (math.isqrt(count) + 1) << 15
    constants = zip(multiplier.tolist(), place.codes("bias").tolist(), shift.tolist(), strict=True)
    reaches = [(abs(m) * largest, b, s) for m, b, s in constants]
    place.wide(max(reach + abs(b) + (1 << max(s - 1, 0)) for reach, b, s in reaches))
    place.hears(any(place.requantized(b - reach, b + reach, 1, s) for reach, b, s in reaches))
