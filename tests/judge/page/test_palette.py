"""Colours of widths: told apart by lightness alone, and text on them can be read."""

from itertools import pairwise

import pytest

from earnest.judge.page.palette import WIDEST, colour, contrast, ink, luminance

WIDTHS = (1, 2, 4, 8, 16, 32)


def light(text):
    return luminance((int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)))


def test_more_bits_are_brighter():
    lights = [light(colour(bits)) for bits in range(1, WIDEST + 1)]
    assert all(a < b for a, b in pairwise(lights))


def test_doubled_widths_are_told_apart_without_colour():
    steps = [contrast(light(colour(a)), light(colour(b))) for a, b in pairwise(WIDTHS)]
    assert min(steps) > 1.25


@pytest.mark.parametrize("bits", range(1, WIDEST + 1))
def test_text_on_a_colour_can_be_read(bits):
    assert contrast(light(colour(bits)), light(ink(bits))) >= 4.5


@pytest.mark.parametrize(("bits", "same"), [(0, 1), (-(10**9), 1), (33, 32), (10**9, 32)])
def test_any_width_has_a_colour(bits, same):
    assert colour(bits) == colour(same)
    assert ink(bits) == ink(same)


def test_contrast_of_black_and_white():
    assert contrast(luminance((0, 0, 0)), luminance((255, 255, 255))) == pytest.approx(21)
