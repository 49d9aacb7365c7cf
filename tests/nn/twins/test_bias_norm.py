"""BiasNorm where it has no epsilon, and offsets that no grid of the operand reaches."""

import pytest
import torch
from tests.nn.specimen import edge, narrow
from torch import nn

from earnest.errors import NumericsError
from earnest.nn.twins.bias_norm import BiasNorm


def _norm(offset: list[float], scale: float = 0.05, bits: int = 8, epsilon: float = 0.0) -> BiasNorm:
    weight, offsets = nn.Parameter(torch.ones(len(offset))), nn.Parameter(torch.tensor(offset))
    operand = edge(bits, scale=scale, zero_point=3)
    return BiasNorm([operand], narrow(8, 4.0), weight=weight, offset=offsets, epsilon=epsilon)


def test_gradients_are_finite_where_a_value_is_its_offset_throughout() -> None:
    """The float operator divides 0 by 0 there."""
    norm = _norm([0.0] * 6)
    x = torch.full((2, 6), 3.0)
    x[1, 0] = 5.0
    x.requires_grad_()
    y = norm(x, symbols={})
    y.backward(torch.ones_like(y))
    assert (y[0] == norm.output.grid.zero_point).all()
    for gradient in (x.grad, norm.weight.grad, norm.offset.grad):
        assert gradient is not None
        assert gradient.isfinite().all()
    assert norm.law().epsilon == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("end", [-1.0, 1.0])
def test_an_offset_beyond_its_width_is_refused_and_not_clipped(end: float) -> None:
    inside = _norm([end * 0.049 * (1 << 23), 0.0])
    assert abs(int(inside.law().offset[0])) > 1 << 22  # type: ignore[attr-defined]
    with pytest.raises(NumericsError, match="expected offsets of a norm within"):
        _norm([end * 0.051 * (1 << 23), 0.0]).law()


@pytest.mark.parametrize("channels", [2, 4096])
def test_the_operand_is_asked_for_a_scale_at_which_its_offsets_fit(channels: int) -> None:
    """As many channels as the variance has room for: N |o| / s < 2^31, and |o| / s < 2^23."""
    norm = _norm([3.0] * channels)
    (operand,) = norm.operands
    smallest = operand.smallest_scale  # type: ignore[attr-defined]
    law = _norm([3.0] * channels, scale=smallest).law()
    farthest = int(abs(law.offset).max()) + 128  # type: ignore[attr-defined]
    assert farthest < 1 << 23
    assert channels * farthest < 1 << 31
