"""Rules of attention: torch's own function, its masks, and groups of heads."""

import numpy as np
import pytest
import torch
from tests.swapping.modules import (
    FEATURES,
    Attention,
    Grouped,
    check_whole_way,
    codes_of,
    inputs,
)
from tests.swapping.operators import kinds_of, operators_of
from tests.swapping.small import Small, refuse
from torch import Tensor, nn
from torch.nn import functional


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_attention(causal: bool, target: str):
    twin = check_whole_way(Attention(causal=causal), target)
    softmax = [t for t in operators_of(twin).values() if t.kind in ("softmax", "exponential")]
    assert len(softmax) == 1
    assert softmax[0].masked == causal
    assert ("weighted_mean" in kinds_of(twin)) == (target == "int8")


def test_causal_mask_hides_the_future():
    twin = check_whole_way(Attention(causal=True))
    (x,) = inputs((50,))
    changed = x.clone()
    changed[:, 40:] += 1.0
    before, after = codes_of(twin, x), codes_of(twin, changed)
    assert np.array_equal(before[:, :40], after[:, :40])
    assert not np.array_equal(before[:, 40:], after[:, 40:])


@pytest.mark.parametrize("form", ["enable_gqa", "repeat_interleave", "expand"])
@pytest.mark.parametrize("target", ["int8x16", "int8"])
def test_keys_and_values_of_groups_of_heads(form: str, target: str) -> None:
    """Copies are layout: they have the grid of what they copy, symmetric for the product, and nothing is rounded."""
    twin = check_whole_way(Grouped(form), target)
    copied = [t for t in operators_of(twin).values() if t.kind == "concat"]
    assert [len(t.operands) for t in copied] == [3, 3]
    assert all(t.output is t.operands[0] and t.output.grid.zero_point == 0 for t in copied)
    assert "add" not in kinds_of(twin)


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


@pytest.mark.parametrize("gated", [False, True])
def test_tables_of_distances_are_shifted_into_place(gated: bool) -> None:
    kinds = [call.name.rpartition(".")[2] for call in check_whole_way(Relative(gated=gated)).calls]
    assert sum(kind.startswith("relative_shift") for kind in kinds) == 1


def _fewer_queries(m: Small, x: Tensor) -> Tensor:
    h = m.lin(x)
    return functional.scaled_dot_product_attention(h[:, 3:], h, h, is_causal=True)


def test_fewer_queries_than_keys_are_refused_under_a_mask():
    refuse(_fewer_queries, "is causal with fewer queries than keys")
