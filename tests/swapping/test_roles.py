"""Roles: what each value is for."""

import torch
from tests.swapping.modules import check_whole_way
from tests.swapping.small import Small
from torch import Tensor


def _read_and_returned(m: Small, x: Tensor) -> Tensor:
    h = m.out(m.lin(x))
    return h + torch.relu(h)


def test_what_is_read_and_returned():
    check_whole_way(Small(_read_and_returned).eval())
