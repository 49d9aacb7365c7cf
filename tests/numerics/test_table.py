"""Tables against the functions in float64, computed here in another way."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from earnest.errors import NumericsError
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.interpolated_table import InterpolatedTable
from earnest.numerics.grid import Grid, grid_of_range
from earnest.numerics.table import (
    FUNCTIONS,
    Pointwise,
    code_table,
    exponential_table,
    gate_table,
    knots,
    softmax_tables,
)

REAL: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "gelu": lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "tanh": lambda x: math.expm1(2 * x) / (math.expm1(2 * x) + 2),
    "clamp(-1, 2)": lambda x: sorted((-1.0, x, 2.0))[1],
    "clamp(-inf, 0)": lambda x: x if x < 0 else 0.0,
    "leaky_relu(0.1)": lambda x: max(x, x / 10),
    "elu(0.5, 1, 1)": lambda x: x if x > 0 else (math.exp(x) - 1) / 2,
    "elu(2, 1.25, 0.5)": lambda x: 1.25 * x if x > 0 else 2.5 * (math.sqrt(math.exp(x)) - 1),
    "hard_sigmoid": lambda x: sorted((0.0, (x + 3) / 6, 1.0))[1],
    "hard_swish": lambda x: 0.0 if x < -3 else x if x > 3 else x * (x + 3) / 6,
    "softplus(1, 20)": lambda x: math.log(1 + math.exp(x)),
    "softplus(2, 4)": lambda x: x if x > 2 else math.log(1 + math.exp(2 * x)) / 2,
    "log_sigmoid": lambda x: x - math.log(1 + math.exp(x)),
    "mish": lambda x: x * ((1 + math.exp(x)) ** 2 - 1) / ((1 + math.exp(x)) ** 2 + 1),
    "exp": lambda x: math.e**x,
    "abs": lambda x: max(x, -x),
    "square": lambda x: x * x,
}
"""The functions by the standard library, each by another formula than scipy's or NumPy's."""


def pointwise(text: str) -> Pointwise:
    """The function that is printed so."""
    name, _, numbers = text.rstrip(")").partition("(")
    return Pointwise(name, tuple(float(number) for number in numbers.split(", ") if number))


CURVATURE = {
    "sigmoid": 1 / (6 * math.sqrt(3)),
    "tanh": 4 / (3 * math.sqrt(3)),
    "silu": 1 / 2,
    "gelu": 2 / math.sqrt(2 * math.pi),
}
"""max |f''|: of the sigmoid at sinh, of tanh at tanh^2 = 1/3, of silu (2 s'(0)) and of gelu (2 phi(0)) at 0."""

LIBRARY = 2.0**-40
"""What two correctly written formulas may differ by, relative to the largest value: far more than they do."""


def check_half_code(table: np.ndarray, real: Callable[[float], float], source: Grid, output: Grid) -> None:
    """Every entry within half a code of the function, or of the end of the grid beyond which it lies."""
    low, high = source.codes
    assert len(table) == high - low + 1
    for code, entry in zip(range(low, high + 1), table.tolist(), strict=True):
        value = real(source.scale * (code - source.zero_point)) / output.scale + output.zero_point
        lowest, highest = output.codes
        assert abs(entry - min(max(value, lowest), highest)) <= 0.5 + LIBRARY * (1 + abs(value))


@pytest.mark.parametrize("name", sorted(REAL))
@pytest.mark.parametrize(("bits", "output_bits"), [(8, 8), (8, 16), (4, 8), (2, 2), (8, 3)])
def test_each_entry_is_within_half_a_code(name: str, bits: int, output_bits: int) -> None:
    source = grid_of_range(-6.0, 7.5, bits=bits, symmetric=False)
    output = grid_of_range(-0.3, 5.0, bits=output_bits, symmetric=False)
    check_half_code(code_table(pointwise(name), source, output), REAL[name], source, output)


def test_every_function_has_a_formula_here() -> None:
    assert {pointwise(text).name for text in REAL} == set(FUNCTIONS)
    assert [str(pointwise(text)) for text in REAL] == list(REAL)


@pytest.mark.parametrize("name", sorted(CURVATURE))
@pytest.mark.parametrize("output_bits", [8, 16])
def test_the_interpolated_table_is_within_its_bound_at_all_65536_codes(name: str, output_bits: int) -> None:
    """1/2 of the last rounding, 2^-9 of the knots', h^2 / 8 max |f''| of the chord, h = 128 steps of the input."""
    source = Grid(bits=16, signed=True, scale=9.0 / 2**15, zero_point=37)
    output = grid_of_range(-1.2, 9.2, bits=output_bits, symmetric=False)
    law = InterpolatedTable(table=knots(pointwise(name), source, output), bits=output_bits)
    codes = np.arange(-(2**15), 2**15)
    got = law.run([codes], {}, IntegerAccumulation())
    reals = [REAL[name](source.scale * (code - 37)) / output.scale + output.zero_point for code in codes.tolist()]
    chord = (128 * source.scale) ** 2 / 8 * CURVATURE[name] / output.scale
    assert np.abs(got - np.array(reals)).max() <= 0.5 + 2**-9 + chord + 2**-20
    assert chord < (0.02 if output_bits == 8 else 3), "a bound this loose would show nothing"


def test_the_interpolated_relu_is_exact_where_zero_is_a_knot() -> None:
    grid = Grid(bits=16, signed=True, scale=1e-3, zero_point=0)
    law = InterpolatedTable(table=knots(Pointwise("relu"), grid, grid), bits=16)
    codes = np.arange(-(2**15), 2**15)
    assert (law.run([codes], {}, IntegerAccumulation()) == np.maximum(codes, 0)).all()


def test_a_knot_beyond_int32_is_refused() -> None:
    source = Grid(bits=16, signed=True, scale=1.0, zero_point=0)
    with pytest.raises(NumericsError, match="exceeds int32"):
        knots(Pointwise("relu"), source, Grid(bits=16, signed=True, scale=2.0**-9, zero_point=0))
    knots(Pointwise("relu"), source, Grid(bits=16, signed=True, scale=2.0**-7, zero_point=0))


@pytest.mark.parametrize(("scale", "bits", "fine_bits"), [(2e-4, 16, 8), (1e-6, 16, 8), (0.07, 8, 0), (30.0, 16, 8)])
def test_softmax_tables_start_at_one_and_fall(scale: float, bits: int, fine_bits: int) -> None:
    coarse, fine = softmax_tables(scale, bits, fine_bits)
    assert (len(coarse), len(fine)) == (2 ** (bits - fine_bits), 2**fine_bits)
    assert (coarse[0], fine[0]) == (32767, 32768)
    for table, step, one in ((coarse, 2**fine_bits, 32767), (fine, 1, 32768)):
        assert (np.diff(table) <= 0).all()
        exact = [one * math.exp(-scale * step * index) for index in range(len(table))]
        assert np.abs(table - np.array(exact)).max() <= 0.5 + 2**-20


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_the_exponential_table_starts_at_255_and_falls(bits: int) -> None:
    table = exponential_table(0.05, bits)
    assert (len(table), table[0]) == (2**bits, 255)
    assert np.abs(table - np.array([255 * math.exp(-0.05 * d) for d in range(2**bits)])).max() <= 0.5 + 2**-20
    assert table.min() >= 0


@pytest.mark.parametrize("gate_bits", [8, 16])
def test_the_gate_is_the_sigmoid_with_one_as_the_largest_code(gate_bits: int) -> None:
    source = grid_of_range(-30.0, 30.0, bits=8, symmetric=False)
    gate, scale = gate_table(source, gate_bits)
    one = 2 ** (gate_bits - 1) - 1
    assert round(1 / scale) == one
    assert 0 <= gate.min() <= gate.max() <= one
    assert gate[-1] == one
    check_half_code(gate, REAL["sigmoid"], source, Grid(bits=gate_bits, signed=True, scale=1 / one, zero_point=0))
