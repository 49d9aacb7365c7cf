"""Tables of positions: a slice of the longest at every length, or refused."""

import pytest
import torch
from tests.swapping.modules import (
    FEATURES,
    Positions,
    check_whole_way,
)
from tests.swapping.operators import kinds_of
from tests.swapping.refusing import try_to_swap
from tests.swapping.small import Small, refuse
from torch import Tensor, nn

from earnest.errors import CaptureError
from earnest.swapping.swap import swap


def test_positions_are_a_slice_of_a_table():
    assert "slice" in kinds_of(check_whole_way(Positions(relative_to_length=False)))


def test_table_that_is_no_slice():
    with pytest.raises(CaptureError, match="at a shorter length is no slice of the longest one"):
        try_to_swap(Positions(relative_to_length=True))


class Odd(nn.Module):
    """A gate on a table that is no function of the distance."""

    def forward(self, x: Tensor) -> Tensor:
        steps = torch.arange(x.shape[1], dtype=torch.float32)
        return x[..., :1] * torch.sin(steps[None, :] * steps[:, None])


def test_another_table_is_refused() -> None:
    with pytest.raises(CaptureError, match="2 axes depend on the length"):
        swap(Odd().eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


def _values_by_length(m: Small, x: Tensor) -> Tensor:
    return m.lin(x) + torch.arange(x.shape[1], dtype=torch.float32).sum().reshape(1, 1, 1).expand(1, 1, 8) / 1000


def test_values_that_depend_on_the_length_are_refused():
    refuse(_values_by_length, "depend on the length of the input")
