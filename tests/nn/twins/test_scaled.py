"""A scaling leaves the codes as they are."""

import pytest
import torch
from tests.nn.moved import X

from earnest.nn.edge import ScaledEdge
from earnest.nn.twins.scaled import Scaled


@pytest.mark.parametrize("factor", [0.5, 3.0, 0.125])
def test_a_scaling_leaves_the_codes_and_scales_grid_and_gradient(factor: float) -> None:
    scaled = ScaledEdge(X, factor)
    codes = torch.arange(-5.0, 6.0, requires_grad=True)
    result = Scaled([X], scaled, factor=factor)(codes, symbols={})
    assert torch.equal(result, codes)
    assert torch.equal(scaled.real(result), X.real(codes) * factor)
    above = torch.arange(11.0)
    result.backward(above)
    assert torch.equal(codes.grad, above * factor)  # type: ignore[arg-type]


def test_a_scaling_has_no_operator() -> None:
    with pytest.raises(NotImplementedError, match="lowering removes it"):
        Scaled([X], ScaledEdge(X, 2.0), factor=2.0).law()
