"""Rules of sums and means over a short axis."""

import torch
from tests.swapping.modules import FEATURES, check_whole_way
from torch import Tensor, nn


class Parts(nn.Module):
    """Cuts, stacks, sums and means of short axes, numbers added, and a value that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(FEATURES, 8), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        left, right = self.first(x).split((4, 4), dim=-1)
        unused = torch.cumsum(left, dim=1)
        assert unused.shape == left.shape
        y = torch.stack([1.0 - left, right + 2.0], dim=-1)
        a, b = y.unbind(dim=-1)
        total = y.sum(-1) + y.mean(dim=-1)
        return self.head(torch.cat([a * 0.5 + total, b - total], dim=-1))


def test_parts_and_sums_of_parts() -> None:
    twin = check_whole_way(Parts())
    assert "removed: nothing reads it" in twin.report.counts()
