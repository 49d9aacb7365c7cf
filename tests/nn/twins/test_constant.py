"""A constant follows its parameter."""

import torch
from tests.nn.specimen import edge
from torch import nn

from earnest.nn.twins.constant import Constant


def test_a_constant_follows_its_parameter() -> None:
    twin = Constant(edge(scale=1.0), value=nn.Parameter(torch.zeros(3)))
    assert twin(symbols={}).tolist() == [0, 0, 0]
    with torch.no_grad():
        twin.value.copy_(torch.tensor([1.0, 2.5, -300.0]))
    assert twin(symbols={}).tolist() == [1, 3, -128]
