"""Which edge each value gets, and what has none."""

import pytest
from tests.swapping.modules import (
    PostNorm,
    WeightsFirst,
    check_whole_way,
)
from tests.swapping.operators import operators_of
from tests.swapping.refusing import try_to_swap
from tests.swapping.small import Small
from torch import Tensor

from earnest.errors import SwapError
from earnest.nn.twins.layer_norm import LayerNorm


def test_wide_value_is_requantized_for_a_narrow_reader():
    twin = check_whole_way(PostNorm())
    operators = operators_of(twin)
    assert isinstance(operators["norm"], LayerNorm)
    assert operators["norm"].output.bits == 16
    assert operators["inner.requantize[0]"].output.bits == 8
    assert [row.path for row in twin.report.inserted] == ["inner.requantize[0]"]


def test_softmax_of_8_bits_must_weigh_values():
    with pytest.raises(SwapError, match="expected the 8-bit softmax as the left operand"):
        try_to_swap(WeightsFirst(), target="int8")


def _wide_sum(m: Small, x: Tensor) -> Tensor:
    h = m.wide(x)
    return h + h @ m.square


def test_accumulator_that_may_not_fit_is_rounded():
    """A 16-bit operand of depth 128 passes 24 bits: handed on, it would saturate in silence."""
    twin = check_whole_way(Small(_wide_sum).eval())
    (product,) = [twin.twin(call.name) for call in twin.calls if twin.twin(call.name).kind == "matmul"]
    assert product.output.bits == 16
