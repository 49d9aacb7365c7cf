"""Every operator of the law, alone in a graph that onnxruntime runs, gives the codes of the law."""

import numpy as np
import pytest
from tests.export.onnx.session import run_model, skip_unless_trusted
from tests.integer.case import Case, make, random, value, whole_rows
from tests.integer.cases import CASES

from earnest.errors import ProgramError
from earnest.export.onnx.census import not_whole, operator_census
from earnest.export.onnx.model import operator_to_onnx
from earnest.export.onnx.products import PRODUCTS
from earnest.export.onnx.translation import TRANSLATIONS
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.layer_norm import LayerNorm
from earnest.integer.law.linear import Linear
from earnest.integer.law.matmul import MatMul
from earnest.integer.law.operators import OPERATORS
from earnest.integer.law.table import Table
from earnest.integer.law.weighted_mean import WeightedMean


def assert_law(case: Case, products: str) -> None:
    skip_unless_trusted(products)
    model = operator_to_onnx(case.operator, case.domains, case.symbols, products=products)
    assert not_whole(operator_census(model)) == {}
    feeds = {f"input_{index}": codes for index, codes in enumerate(case.inputs)}
    feeds |= {name: np.array(number, dtype=np.int64) for name, number in case.symbols.items()}
    codes = run_model(model, feeds)["output"]
    expected = case.operator.run(case.inputs, case.symbols, IntegerAccumulation())
    assert codes.dtype.kind in "iu"
    assert codes.shape == expected.shape
    assert np.array_equal(codes, expected)


def test_every_operator_is_translated_and_has_cases() -> None:
    assert set(TRANSLATIONS) == set(OPERATORS) == {kind for kind, cases in CASES.items() if cases}


@pytest.mark.parametrize("products", PRODUCTS)
@pytest.mark.parametrize("case", [pytest.param(c, id=f"{k}-{c.name}") for k, cases in CASES.items() for c in cases])
def test_codes_are_those_of_the_law(case: Case, products: str) -> None:
    assert_law(case, products)


def layer_norm(channels: int, epsilon: int) -> LayerNorm:
    rng = np.random.default_rng(channels)
    return LayerNorm(
        multiplier=(rng.integers(1 << 15, 1 << 16, channels) * rng.choice([-1, 1], channels)).astype(np.int32),
        shift=rng.integers(1, 48, channels).astype(np.uint8),
        bias=rng.integers(-(1 << 50), 1 << 50, channels),
        epsilon=epsilon,
        input_bits=16,
        zero_point=-3,
        bits=8,
        signed=True,
    )


def rows_of(channels: int) -> np.ndarray:
    """16-bit rows whose sums are as large, and as small, as they get."""
    index = np.arange(channels)
    return np.stack(
        [
            np.full(channels, 32767),
            np.full(channels, -32768),
            np.where(index % 2 == 0, 32767, -32768),
            np.where(index == 0, 32767, -32768),
            np.where(index == channels - 1, 1, 0),
            np.where(index < channels // 2, -32768, 32767),
        ]
    )


@pytest.mark.parametrize(
    ("channels", "epsilon"), [(1, 1), (2, 1), (176, 5), (1024, 1 << 40), (65535, 1), (65535, 1 << 45)]
)
def test_layer_norm_of_16_bits_up_to_the_widest_variance(channels: int, epsilon: int) -> None:
    assert_law(make("extremes", layer_norm(channels, epsilon), value(rows_of(channels), 16)), "int8")


def linear(features: int, input_bits: int, weight: int, input_signed: bool = True) -> Linear:
    both = np.stack([np.full(features, weight), np.full(features, -weight)]).astype(np.int8)
    return Linear(
        weight=both,
        **whole_rows(both),
        bias=np.array([(1 << 31) - 1, -(1 << 31)]),
        multiplier=np.array([65535, 32768], dtype=np.uint16),
        shift=np.array([47, 31], dtype=np.uint8),
        weight_bits=8,
        weight_map="symmetric",
        input_bits=input_bits,
        input_signed=input_signed,
        zero_point=5,
        bits=16,
        signed=True,
    )


@pytest.mark.parametrize("products", PRODUCTS)
@pytest.mark.parametrize("input_bits", [8, 16])
def test_accumulators_beyond_32_bits_are_summed_in_64(input_bits: int, products: str) -> None:
    features = 1 << (26 - input_bits)
    codes = np.stack([np.full(features, (1 << (input_bits - 1)) - 1), np.full(features, -(1 << (input_bits - 1)))])
    assert_law(make("wide", linear(features, input_bits, 127), value(codes, input_bits)), products)


@pytest.mark.parametrize("products", PRODUCTS)
def test_product_of_wide_operands_is_summed_in_64_bits(products: str) -> None:
    operator = MatMul(
        left_bits=16,
        right_bits=8,
        left_zero_point=-32768,
        right_zero_point=127,
        multiplier=65535,
        shift=40,
        zero_point=0,
        bits=8,
        signed=True,
    )
    left, right = np.full((2, 3, 600), 32767), np.full((1, 600, 2), -128)
    right[..., 0] = 126
    assert_law(make("wide", operator, value(left, 16), value(right, 8)), products)


def test_mean_whose_quotient_is_the_least_mantissa_with_a_remainder() -> None:
    """65535 * 2^14 / 32767 lies between 2^15 and 2^15 + 1: one digit more would keep the remainder."""
    weights = np.full((1, 129), 255)
    weights[0, -1] = 127
    values = np.stack([np.full(129, 100), np.full(129, -77)], axis=1)
    operator = WeightedMean(
        right_bits=8, right_zero_point=0, multiplier=65535, shift=1, zero_point=0, bits=24, signed=True
    )
    assert_law(make("remainder", operator, value(weights, 8, signed=False), value(values, 8)), "int32")


@pytest.mark.parametrize("products", PRODUCTS)
def test_one_row_without_a_batch(products: str) -> None:
    assert_law(make("row", linear(9, 8, 3, input_signed=False), random(1, (9,), 8, signed=False)), products)


def test_an_operator_that_is_not_translated_is_refused() -> None:
    class Unknown(Table):
        kind = "unknown"

    operator = Unknown(table=np.arange(4, dtype=np.int8), input_bits=2, input_signed=True, bits=4)
    with pytest.raises(ProgramError, match="unknown: expected an operator of"):
        operator_to_onnx(operator, [random(1, (3,), 2).domain], {}, products="int8")


def test_other_products_are_refused() -> None:
    case = CASES["linear"][0]
    with pytest.raises(ProgramError, match="expected products of"):
        operator_to_onnx(case.operator, case.domains, case.symbols, products="float32")
