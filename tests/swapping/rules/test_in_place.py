"""Rules of what overwrites: the same as without, or refused."""

from collections.abc import Callable

import pytest
from tests.swapping.modules import (
    FEATURES,
    check_whole_way,
)
from tests.swapping.operators import kinds_of
from tests.swapping.small import Small, refuse
from torch import Tensor, nn


@pytest.mark.parametrize(
    "function", [nn.Hardswish(True), nn.ReLU6(True), nn.ELU(inplace=True), nn.Mish(True)], ids=lambda f: str(f)[:5]
)
def test_a_function_that_overwrites_is_the_same_table(function: nn.Module) -> None:
    model = nn.Sequential(nn.Linear(FEATURES, 6), function, nn.Linear(6, 5))
    assert kinds_of(check_whole_way(model)) == ["linear", "table", "linear"]


def _view_overwritten(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    h[:, :, :4].mul_(3)
    return m.out(h)


def _relu_of_view(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    h.view(h.shape[0], -1).relu_()
    return m.out(h)


@pytest.mark.parametrize(
    ("way", "message"),
    [
        (_view_overwritten, r"aten\.mul_\.Tensor overwrites a value that others may read"),
        (_relu_of_view, r"aten\.relu_\.default overwrites a value that others may read"),
    ],
    ids=lambda way: getattr(way, "__name__", ""),
)
def test_what_others_may_read_is_not_overwritten(way: Callable[[Small, Tensor], Tensor], message: str):
    refuse(way, message)
