"""What norms have in common: a gain and a bias for each channel, and rows of channels (E21, E25, E28)."""

import math
from collections.abc import Sequence

from earnest.judge.program import rules
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse
from earnest.judge.program.values import Value, code_range

CONSTANTS = ("multiplier", "shift", "bias")


def row_shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    """That of the operand, whose last axis has a constant for each channel."""
    del lengths
    x, channels = shapes[0], step.arrays["multiplier"].codes.shape
    if x[-1:] != channels:
        refuse(f"{channels} channels", x)
    return x


def of_rows(place: Place, low: int, high: int) -> Value:
    """E21 and E28: every width that the equation forms of codes between two ends."""
    bits, signed = place.result()
    place.reads(0, place.integer("input_bits"))
    place.zero_point("zero_point", bits, signed)
    epsilon, channels = place.integer("epsilon"), place.shape[-1]
    place.require(epsilon >= 1, rules.CONSTANTS, f"expected an epsilon from 1, got {epsilon}")
    place.wide(channels**2 * max(abs(low), abs(high)) ** 2 + epsilon, bits=62)
    normalises(place, channels, channels, low, high)
    return place.makes(bits, signed=signed)


def normalises(place: Place, channels: int, count: int, low: int, high: int) -> None:
    """D r, and what follows the normalised value of so many codes."""
    place.wide(count * (high - low) * (1 << 16) + (1 << 31))
    scales(place, channels, (math.isqrt(count) + 1) << 15)


def scales(place: Place, channels: int, largest: int) -> None:
    """A multiplier, a shift and a bias for each channel, of a normalised value of at most `largest` in magnitude."""
    names = (("multiplier", 17), ("shift", 16), ("bias", 64))
    lawful = [place.array(name, (channels,), *code_range(width, signed=True)) for name, width in names]
    if not all(lawful):
        return
    multiplier, shift = place.codes("multiplier"), place.codes("shift")
    place.multiplier(multiplier, shift, negative=True)
    constants = zip(multiplier.tolist(), place.codes("bias").tolist(), shift.tolist(), strict=True)
    reaches = [(abs(m) * largest, b, s) for m, b, s in constants]
    place.wide(max(reach + abs(b) + (1 << max(s - 1, 0)) for reach, b, s in reaches))
    place.varies_if(any(place.requantized(b - reach, b + reach, 1, s) for reach, b, s in reaches))
