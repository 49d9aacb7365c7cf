"""Rules of norms."""

import pytest
from tests.swapping.modules import (
    FEATURES,
    check_whole_way,
)
from tests.swapping.operators import kinds_of
from torch import nn


@pytest.mark.parametrize("norm", [nn.RMSNorm(FEATURES), nn.RMSNorm(FEATURES, eps=1e-3, elementwise_affine=False)])
def test_rms_norm(norm: nn.RMSNorm) -> None:
    twin = check_whole_way(nn.Sequential(norm, nn.Linear(FEATURES, 5)))
    assert kinds_of(twin) == ["rms_norm", "linear"]
