"""Targets: every key and every width of a TOML file is checked."""

import pytest

from earnest.errors import TargetError
from earnest.integer.program.target import load_target, parse_target, shipped_targets

GOOD = """
name = "mine"
description = "one operator"
accumulator_bits = 32
[widths]
weight = 8
[operators]
linear = { inputs = [[8]], weight = [4, 8], output = [8, 16] }
"""


def test_a_target():
    target = parse_target(GOOD, "mine")
    assert target.operators["linear"].operand(0) == target.operators["linear"].operand(3) == (8,)
    assert target.accumulator_bits == 32


def test_shipped_targets():
    assert shipped_targets() == ["int8", "int8x16"]
    for name in shipped_targets():
        assert load_target(name).name == name


def test_a_target_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_target(str(path)) == parse_target(GOOD, "mine")


@pytest.mark.parametrize("name", ["int9", "", "../targets/int8", "missing.toml", "/"])
def test_no_such_target(name):
    with pytest.raises(TargetError, match="expected a target of"):
        load_target(name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("accumulator_bits = 32", "accumulator_bits = 33"),
        ("accumulator_bits = 32", "accumulator_bits = 32.0"),
        ("accumulator_bits = 32", ""),
        ("accumulator_bits = 32", "accumulator_bits = 32\nspeed = 3"),
        ("[operators]", "[others]"),
        ("linear =", "convolve ="),
        ("output = [8, 16]", "output = [8, 12]"),
        ("output = [8, 16]", "output = [8.0]"),
        ("output = [8, 16]", "output = 8"),
        ("output = [8, 16]", "results = [8]"),
        ("inputs = [[8]]", "inputs = [8]"),
        ("inputs = [[8]], ", ""),
        ("weight = [4, 8]", "weights = [4, 8]"),
        ("name =", "name"),
    ],
)
def test_a_target_is_refused(old, new):
    assert GOOD.count(old) == 1
    with pytest.raises(TargetError, match=r"expected|no such operators"):
        parse_target(GOOD.replace(old, new), "mine")
