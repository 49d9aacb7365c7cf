"""Constants of layer norm: what integers they are, and that the law reaches the float norm with them."""

from fractions import Fraction

import numpy as np
import pytest

from earnest.errors import NumericsError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.codes import Domain
from earnest.integer.law.layer_norm import LayerNorm
from earnest.integer.law.operator import Proof
from earnest.numerics.grid import Grid
from earnest.numerics.norm import norm_constants, norm_epsilon

OUTPUT = Grid(bits=8, signed=True, scale=1 / 32, zero_point=-3)


def law(gain: np.ndarray, bias: np.ndarray, epsilon: int, output: Grid = OUTPUT) -> LayerNorm:
    multiplier, shift, units = norm_constants(gain, bias, output)
    norm = LayerNorm(
        multiplier=multiplier.astype(np.int32),
        shift=shift.astype(np.uint8),
        bias=units,
        epsilon=epsilon,
        input_bits=16,
        zero_point=output.zero_point,
        bits=output.bits,
        signed=output.signed,
    )
    proof = Proof(symbols={}, accumulator_bits=32)
    norm.infer([Domain.full(16, signed=True, shape=(4, len(gain)))], proof)
    return norm


def run(norm: LayerNorm, codes: np.ndarray) -> np.ndarray:
    return norm.run([codes], {}, IntegerAccumulation())


def test_gains_of_every_kind_are_within_the_law() -> None:
    """Zero, denormal, tiny, just dead, just alive, negative and huge: the multiplier is 0 or within 2^-16."""
    edge = 2.0**-25 * OUTPUT.scale * 2**15
    gain = np.array([0.0, 1e-310, 1e-12, edge * (1 - 2**-40), edge, -edge, -1.5, 1000.0])
    multiplier, shift, _ = norm_constants(gain, np.zeros(8), OUTPUT)
    assert [bool(m) for m in multiplier] == [False] * 4 + [True] * 4
    assert (shift >= 1).all()
    assert (shift <= 40).all()
    for g, m, s in zip(gain[4:], multiplier[4:].tolist(), shift[4:].tolist(), strict=True):
        exact = Fraction(float(g)) / (Fraction(OUTPUT.scale) * 2**15)
        assert abs(Fraction(m, 2**s) / exact - 1) <= Fraction(1, 2**16)
    law(gain, np.zeros(8), 1)


def test_a_dead_gain_moves_no_code() -> None:
    """At most 2^-25 of a code per unit of Q15, and the normalised value is below sqrt(N) 2^15: N up to 2^18 is safe."""
    codes = np.random.default_rng(0).integers(-(2**15), 2**15, (4, 8))
    norm = law(np.full(8, 1e-13), np.linspace(-1, 1, 8), 1)
    expected = np.floor(np.linspace(-1, 1, 8) / OUTPUT.scale + 0.5) + OUTPUT.zero_point
    assert (run(norm, codes) == np.broadcast_to(expected, (4, 8))).all()


def test_the_bias_is_exact_to_half_a_unit() -> None:
    gain, bias = np.array([1.0, -0.01, 0.0, 3.0]), np.array([0.1, -7.3, 5.5, 0.0])
    _, shift, units = norm_constants(gain, bias, OUTPUT)
    for b, s, u in zip(bias, shift.tolist(), units.tolist(), strict=True):
        exact = Fraction(float(b)) / Fraction(OUTPUT.scale) * 2**s
        assert abs(u - exact) <= Fraction(1, 2)


def test_a_bias_that_int64_cannot_hold_is_refused() -> None:
    with pytest.raises(NumericsError, match="expected biases of a norm below"):
        norm_constants(np.array([1e-4]), np.array([1e9]), OUTPUT)
    _, _, units = norm_constants(np.array([1e-4]), np.array([-1e3]), OUTPUT)
    assert units < 0


@pytest.mark.parametrize(("epsilon", "count", "scale"), [(1e-5, 176, 2e-4), (1e-12, 8, 0.1), (0.0, 8, 1.0), (1, 4, 1)])
def test_epsilon_is_in_units_of_the_codes_and_at_least_one(epsilon: float, count: int, scale: float) -> None:
    """eps (N / s)^2 by fractions; four float64 operations on the way are 2^-51 each at most."""
    exact = Fraction(epsilon) * (Fraction(count) / Fraction(scale)) ** 2
    got = norm_epsilon(epsilon, count, scale)
    assert isinstance(got, int)
    assert got >= 1
    assert got == 1 or abs(got - exact) <= Fraction(1, 2) + exact / 2**49


def test_a_constant_row_gives_the_bias_and_no_division_by_zero() -> None:
    bias = np.array([-1.0, 0.0, 0.5, 1.0])
    norm = law(np.ones(4), bias, norm_epsilon(1e-5, 4, 1e-3))
    expected = np.floor(bias / OUTPUT.scale + 0.5) + OUTPUT.zero_point
    assert (run(norm, np.full((4, 4), 1234)) == expected).all()


def test_the_law_with_these_constants_is_the_float_norm_to_a_code() -> None:
    """Half a code of rounding. The rest, in codes: |n| gain / s_y <= sqrt(N) * 3 * 32 < 544 times the relative errors
    of the multiplier (2^-16) and of the root (2^-14: r >= 2^15 is rounded down), plus 1/2 of Q15 and of the bias,
    below 2^-6.
    """
    rng = np.random.default_rng(1)
    gain, bias, scale = rng.uniform(-3, 3, 32), rng.uniform(-1, 1, 32), 3e-4
    wide = Grid(bits=16, signed=True, scale=1 / 32, zero_point=100)
    norm = law(gain, bias, norm_epsilon(1e-5, 32, scale), wide)
    codes = rng.integers(-(2**15), 2**15, (4, 32))
    real = codes * scale
    deviation = np.sqrt(real.var(axis=-1, keepdims=True) + 1e-5)
    expected = ((real - real.mean(axis=-1, keepdims=True)) / deviation * gain + bias) / wide.scale + wide.zero_point
    off = np.abs(run(norm, codes) - expected)
    assert off.max() <= 0.5 + 544 * (2**-16 + 2**-14) + 2**-6
