"""Values that depend on no data: masks that are removed, the causal one, tables of distances, and what is none."""

import pytest
import torch
from tests.swapping.modules import FEATURES, check_whole_way
from torch import Tensor, nn
from torch.nn import functional

from earnest.errors import CaptureError
from earnest.swapping.swap import swap


class Masked(nn.Module):
    """Attention under a mask that is made of positions: `kind` says which."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.project, self.head = nn.Linear(FEATURES, 3 * FEATURES), nn.Linear(FEATURES, 5)
        self.bias = nn.Embedding(401, 1)

    def mask(self, time: int) -> Tensor:
        """[time, time]."""
        steps = torch.arange(time)
        distance = steps[None, :] - steps[:, None]
        masks = {
            "nothing": distance < 1000,
            "zero": torch.where(distance < 1000, 0.0, -1e9),
            "future": distance <= 0,
            "future, added": torch.where(distance <= 0, 0.0, float("-inf")),
            "window": distance.abs() < 7,
        }
        return masks[self.kind]

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.project(x).chunk(3, dim=-1)
        mask = self.mask(x.shape[1])
        return self.head(functional.scaled_dot_product_attention(query, key, value, attn_mask=mask))


class Relative(nn.Module):
    """Scores from a table of distances: by an einsum with the queries, or by a gate on a bias."""

    def __init__(self, *, gated: bool) -> None:
        super().__init__()
        self.gated = gated
        self.project, self.head = nn.Linear(FEATURES, FEATURES), nn.Linear(FEATURES, 5)
        self.gate, self.table = nn.Linear(FEATURES, 1), nn.Embedding(21, 1 if gated else FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        time = x.shape[1]
        steps = torch.arange(time)
        table = self.table(torch.clamp(steps[None, :] - steps[:, None], -10, 10) + 10)
        query = self.project(x)
        scores = query @ query.transpose(1, 2)
        if self.gated:
            scores = scores + torch.sigmoid(self.gate(x)) * table[None, :, :, 0]
        else:
            scores = scores + torch.einsum("bhld,lrd->bhlr", query[:, None], table)[:, 0]
        return self.head(torch.softmax(scores, dim=-1) @ x)


class Odd(nn.Module):
    """A gate on a table that is no function of the distance."""

    def forward(self, x: Tensor) -> Tensor:
        steps = torch.arange(x.shape[1], dtype=torch.float32)
        return x[..., :1] * torch.sin(steps[None, :] * steps[:, None])


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


def _masked(twin: nn.Module) -> list[bool]:
    return [module.masked for module in twin.modules() if hasattr(module, "masked")]


@pytest.mark.parametrize(
    ("kind", "masked"), [("nothing", False), ("zero", False), ("future", True), ("future, added", True)]
)
def test_masks_that_depend_on_no_data(kind: str, masked: bool) -> None:
    twin = check_whole_way(Masked(kind))
    assert _masked(twin) == [masked]
    assert "constant" not in [twin.twin(call.name).kind for call in twin.calls]


def test_another_mask_is_refused() -> None:
    with pytest.raises(CaptureError, match="a boolean mask that is not causal"):
        swap(Masked("window").eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


@pytest.mark.parametrize("gated", [False, True])
def test_tables_of_distances_are_shifted_into_place(gated: bool) -> None:
    kinds = [call.name.rpartition(".")[2] for call in check_whole_way(Relative(gated=gated)).calls]
    assert sum(kind.startswith("relative_shift") for kind in kinds) == 1


def test_another_table_is_refused() -> None:
    with pytest.raises(CaptureError, match="2 axes depend on the length"):
        swap(Odd().eval(), "w8a8", "int8x16", features=FEATURES, longest=200)


def test_parts_and_sums_of_parts() -> None:
    twin = check_whole_way(Parts())
    assert "removed: nothing reads it" in twin.report.counts()
