"""Colours of bit widths: dark for few bits, bright for many, so that they read in grey and with any colour vision.

The colours are those of viridis [Smith & van der Walt 2015] at 1, 2, 4, 8, 16 and 32 bits, the wide ones further
apart, mixed between.
"""

from itertools import pairwise
from math import log2

WIDEST = 32
_VIRIDIS = ((72, 36, 117), (62, 76, 138), (49, 104, 142), (31, 154, 138), (94, 201, 98), (253, 231, 37))


def colour(bits: int) -> str:
    """The fill of a width; widths beyond 32 look like 32."""
    return "#{:02x}{:02x}{:02x}".format(*_channels(bits))


def ink(bits: int) -> str:
    """The colour of text on that fill: the one of black and white that differs more."""
    light = luminance(_channels(bits))
    return "#000000" if contrast(light, 0.0) > contrast(light, 1.0) else "#ffffff"


def contrast(one: float, other: float) -> float:
    """The ratio of two luminances [WCAG 2.2, contrast ratio]."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def luminance(channels: tuple[int, int, int]) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 [WCAG 2.2, relative luminance]."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(bits: int) -> tuple[int, int, int]:
    place = log2(min(max(bits, 1), WIDEST))
    low, high = list(pairwise(_VIRIDIS))[min(int(place), len(_VIRIDIS) - 2)]
    part = place - min(int(place), len(_VIRIDIS) - 2)
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(low, high, strict=True))
    return red, green, blue
