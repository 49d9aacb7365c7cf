"""Rules of what changes nothing in evaluation: it is gone, and the report says why; active dropout is refused."""

import pytest
import torch
from tests.swapping.modules import check_whole_way
from tests.swapping.operators import kinds_of
from tests.swapping.small import Small, refuse
from torch import Tensor
from torch.nn import functional


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda m, h: m.drop(h), "removed: dropout in evaluation"),
        (lambda m, h: h.transpose(1, 2).contiguous().transpose(1, 2), "removed: memory layout only"),
        (lambda m, h: h.clone(), "removed: copy"),
        (lambda m, h: h.detach(), "removed: detach"),
        (lambda m, h: h.to(torch.float64).to(torch.float32), "removed: conversion between float types"),
    ],
    ids=["dropout", "contiguous", "clone", "detach", "cast"],
)
def test_it_is_gone(change, why: str) -> None:
    twin = check_whole_way(Small(lambda m, x: m.out(change(m, m.lin(x)))).eval())
    assert [kind for kind in kinds_of(twin) if kind != "transpose"] == ["linear", "linear"]
    assert why in twin.report.counts()


def _dropped(m: Small, x: Tensor) -> Tensor:
    return functional.dropout(m.lin(x), 0.5, training=True)


def _as_integers(m: Small, x: Tensor) -> Tensor:
    return m.lin(x).to(torch.int32)


@pytest.mark.parametrize(
    ("way", "message"), [(_dropped, "is active; call model"), (_as_integers, "converts to torch.int32")]
)
def test_what_changes_a_value_is_refused(way, message: str) -> None:
    refuse(way, message)
