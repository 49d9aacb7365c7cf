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
