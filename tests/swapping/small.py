"""A small model on which a careless capture goes wrong in silence: its forward is given by a test."""

from collections.abc import Callable

import pytest
import torch
from tests.swapping.modules import FEATURES
from torch import Tensor, nn

from earnest.errors import CaptureError
from earnest.swapping.swap import swap


class Small(nn.Module):
    """A linear, a convolution, norms, and a forward that a test gives."""

    def __init__(self, way: Callable[["Small", Tensor], Tensor]) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.way = way
        self.lin = nn.Linear(FEATURES, 8)
        self.out = nn.Linear(8, 8)
        self.conv = nn.Conv1d(FEATURES, 8, 3, padding=1)
        self.bn = nn.BatchNorm1d(8)
        self.bn2d = nn.BatchNorm2d(2)
        self.drop = nn.Dropout(0.1)
        self.one = nn.Parameter(torch.full((1, 1, 1, 1), 1.5))
        self.square = nn.Parameter(torch.randn(128, 128, generator=generator))
        self.wide = nn.Linear(FEATURES, 128)
        self.bn.running_var.uniform_(0.5, 2.0, generator=generator)
        self.bn.running_mean.normal_(generator=generator)
        self.bn2d.running_mean.normal_(generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.way(self, x)


def refuse(way: Callable[[Small, Tensor], Tensor], message: str) -> None:
    """The swap of a small model is refused."""
    with pytest.raises(CaptureError, match=message):
        swap(Small(way).eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


def _with_itself(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    return m.out(h + h)
