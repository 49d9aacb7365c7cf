"""Rules of sums and products."""

from collections.abc import Callable

import pytest
import torch
from tests.swapping.modules import (
    Joined,
    check_whole_way,
)
from tests.swapping.operators import kinds_of
from tests.swapping.small import Small, _with_itself, refuse
from torch import Tensor


def test_concat_and_products():
    kinds = kinds_of(check_whole_way(Joined()))
    assert {"concat", "mul", "slice", "add"} <= set(kinds)


def _scaled_by_length(m: Small, x: Tensor) -> Tensor:
    return m.lin(x) * (x.shape[1] ** -0.5)


def test_a_factor_that_depends_on_the_length_is_refused():
    refuse(_scaled_by_length, r"aten\.mul\.Tensor .*\(.*small\.py:\d+\)")


def _rank_by_product(m: Small, x: Tensor) -> Tensor:
    return m.lin(x) * m.one


def _rank_by_sum(m: Small, x: Tensor) -> Tensor:
    return m.lin(x) + torch.zeros(1, 1, 1, 1)


@pytest.mark.parametrize("way", [_rank_by_product, _rank_by_sum, _with_itself], ids=lambda way: way.__name__)
def test_ranks_and_operands_of_sums_and_products(way: Callable[[Small, Tensor], Tensor]):
    check_whole_way(Small(way).eval())
