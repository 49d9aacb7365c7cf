"""Rules of weights: batch norms are folded where nothing else reads, convolutions and embeddings."""

from collections.abc import Callable

import pytest
import torch
from tests.swapping.modules import (
    Norms,
    check_whole_way,
)
from tests.swapping.operators import operators_of
from tests.swapping.small import Small
from torch import Tensor

from earnest.nn.twins.conv1d import Convolution1d


def test_norms_are_folded():
    model = Norms()
    operators = operators_of(check_whole_way(model))
    convolutions = [twin for twin in operators.values() if isinstance(twin, Convolution1d)]
    assert [twin.groups for twin in convolutions] == [1, 8, 4]
    assert not any("folded" in name for name in operators)
    factor = model.folded.weight / torch.sqrt(model.folded.running_var + model.folded.eps)
    torch.testing.assert_close(operators["conv"].weight, model.conv.weight * factor[:, None, None])


def _read_before_and_after(m: Small, x: Tensor) -> Tensor:
    h = m.conv(x.transpose(1, 2))
    return (m.bn(m.drop(h)) + h).transpose(1, 2)


def _norm_of_other_axis(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    return m.bn2d(h.view(h.shape[0], h.shape[1], 2, 4).transpose(1, 2)).transpose(1, 2).reshape(h.shape)


@pytest.mark.parametrize("way", [_read_before_and_after, _norm_of_other_axis], ids=lambda way: way.__name__)
def test_a_norm_that_cannot_be_folded_is_a_convolution(way: Callable[[Small, Tensor], Tensor]):
    check_whole_way(Small(way).eval())
