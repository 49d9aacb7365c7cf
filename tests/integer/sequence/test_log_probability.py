"""Log-probabilities (E27): tables and logarithm by what defines them, rows by an oracle in plain integers."""

import math

import numpy as np
import pytest

from earnest.integer.sequence.log_probability import binary_logarithm, log_probabilities, power_tables

MULTIPLIERS = ((40000, 12), (65535, 15), (32768, 1), (50000, 30), (32768, 47))


def logarithm(value: int) -> int:
    """The largest n with 2^n <= value^(2^16), from the power itself."""
    return (value**65536).bit_length() - 1


def oracle(row: list[int], multiplier: int, shift: int) -> list[int]:
    """docs/semantics.md once more, without a table."""
    distances = [((max(row) - x) * multiplier * 2 + 2**shift) // 2 ** (shift + 1) for x in row]
    total = 0
    for distance in distances:
        whole, rest = divmod(distance, 1 << 16)
        coarse, fine = nearest_power(rest // 256, 256), nearest_power(rest % 256, 65536)
        total += coarse * fine // 2**whole
    return [30 * 2**16 - logarithm(total) - distance for distance in distances]


def nearest_power(index: int, parts: int) -> int:
    """The integer v nearest to 2^15 2^(-index / parts): 2 v - 1 and 2 v + 1 are on either side of twice that."""
    guess = round(2**15 * 2 ** (-index / parts))
    if parts == 256:
        assert (2 * guess - 1) ** parts << index <= 1 << 16 * parts < (2 * guess + 1) ** parts << index
    return guess


def test_tables_are_the_nearest_powers():
    coarse, fine = power_tables()
    assert [nearest_power(index, 256) for index in range(256)] == coarse.tolist()
    assert [nearest_power(index, 65536) for index in range(256)] == fine.tolist()
    assert coarse[0] == fine[0] == 1 << 15


@pytest.mark.parametrize("value", [1, 2, 3, 32767, 32768, 32769, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, 10**9 + 7])
def test_logarithm_is_that_of_its_definition(value: int):
    assert binary_logarithm(value) == logarithm(value)


@pytest.mark.parametrize(("multiplier", "shift"), MULTIPLIERS)
def test_rows_equal_the_oracle(multiplier: int, shift: int):
    rng = np.random.default_rng(shift)
    rows = [[7], [-32768, 32767], [5, 5, 5, 5], [32767, 32766, -32768], rng.integers(-32768, 32768, 40).tolist()]
    for row in rows:
        got = log_probabilities(np.asarray(row, dtype=np.int16), multiplier, shift)
        assert got.tolist() == oracle(row, multiplier, shift)


def test_one_class_is_certain_and_equal_ones_share():
    assert log_probabilities(np.asarray([3]), 40000, 12).tolist() == [0]
    assert log_probabilities(np.asarray([3] * 8), 40000, 12).tolist() == [-3 << 16] * 8


def test_the_real_values_are_those_of_a_log_softmax():
    """To the roundings: half a unit of q and one of the logarithm, 2^-15 of each factor of an entry and 2^-30 of its
    floor, and 2^-16 of the multiplier, which moves q and the entries.
    """
    rng = np.random.default_rng(3)
    logits, step = rng.integers(-2000, 2000, 300), 0.004
    real = step * math.log2(math.e) * 65536
    shift = 24 - math.frexp(real)[1] - 8
    multiplier = round(real * 2**shift)
    exact = logits * step - math.log(sum(math.exp(x * step) for x in logits))
    got = log_probabilities(logits, multiplier, shift) / 65536 * math.log(2)
    reach = (logits.max() - logits) * step
    bound = 1.5 / 65536 + 2 * 2.0**-15 + len(logits) * 2.0**-30 + (reach + reach.max()) * 2.0**-16
    assert (np.abs(got - exact) <= bound).all()
    assert bound.max() < 0.001
