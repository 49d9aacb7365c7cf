"""Pad, view, slice, view, slice is one relative shift; what is like it and not the same stays as it is."""

import pytest
import torch
from tests.swapping.modules import FEATURES, check_whole_way
from torch import Tensor, nn
from torch.nn import functional

from earnest.swapping.capture import capture


class Shifted(nn.Module):
    """Scores of queries by all distances, [batch, time, 2 time - 1], brought to [batch, time, time]."""

    def __init__(self, *, keep: int = 0) -> None:
        super().__init__()
        self.keep = keep
        self.query, self.head = nn.Linear(FEATURES, 6), nn.Linear(FEATURES, 5)
        self.table = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        batch, time, _ = x.shape
        steps = torch.arange(time - 1, -time, -1, dtype=torch.float32)[:, None]
        table = torch.sin(steps * torch.arange(1, 7, dtype=torch.float32) * 0.1)
        scores = self.query(x) @ self.table(table).transpose(0, 1)
        tall = functional.pad(scores, (1, 0)).view(batch, 2 * time, time)
        wide = tall[:, 1:].view(batch, time, 2 * time - 1)
        return self.head(torch.softmax(wide[:, :, self.keep : self.keep + time], dim=-1) @ x)


def test_the_pattern_is_one_operator_and_its_parts_are_told() -> None:
    twin = check_whole_way(Shifted())
    kinds = [twin.twin(call.name).kind for call in twin.calls]
    assert kinds.count("relative_shift") == 1
    assert not {"pad", "reshape"} & set(kinds)
    parts = [row.aten.split(".")[1] for row in twin.report.rows if row.became.startswith("part of ")]
    assert parts == ["pad", "view", "slice", "view"]


@pytest.mark.parametrize("keep", [0, 1])
def test_other_columns_are_no_relative_shift(keep: int) -> None:
    """One column further, the values are others."""
    graph = capture(Shifted(keep=keep).eval(), features=FEATURES, longest=200)
    assert ("relative_shift" in [node.kind for node in graph.operators]) == (keep == 0)
