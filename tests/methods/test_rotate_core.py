"""Hadamard matrices by their definition, and rotations of every size."""

import pytest
import torch

from earnest.methods.rotate_core import hadamard, rotation

MISSING = {52, 92, 100, 116}


@pytest.mark.parametrize("order", [1, 2, *range(4, 132, 4)])
def test_orders(order: int) -> None:
    found = hadamard(order)
    if found is None:
        assert order in MISSING
        return
    assert order not in MISSING
    assert found.shape == (order, order)
    assert set(found.flatten().tolist()) <= {1, -1}
    assert torch.equal(found @ found.T, order * torch.eye(order, dtype=torch.int64))


@pytest.mark.parametrize("order", [3, 5, 6, 10, 22, 42])
def test_orders_that_do_not_exist(order: int) -> None:
    assert hadamard(order) is None


@pytest.mark.parametrize("size", range(1, 70))
def test_a_rotation_is_orthogonal(size: int) -> None:
    found = rotation(size)
    assert torch.allclose(found @ found.T, torch.eye(size).double(), atol=1e-12)


def test_blocks_of_a_size_without_one() -> None:
    found = rotation(6)
    assert torch.equal(found[:4, :4], hadamard(4).double() / 2)  # type: ignore[union-attr]
    assert not found[:4, 4:].any()
    assert not found[4:, :4].any()


def test_one_channel_alone_is_spread_evenly() -> None:
    spread = torch.eye(44).double()[7] @ rotation(44)
    assert torch.allclose(spread.abs(), torch.full((44,), 44**-0.5).double())
