"""Rules of functions of one value."""

import pytest
import torch
from tests.swapping.modules import (
    Bent,
    check_whole_way,
    swapped,
)
from tests.swapping.operators import kinds_of, operators_of
from torch import nn

from earnest.nn.twins.conv1d import Convolution1d

FUNCTIONS = (
    *(nn.Hardswish(), nn.Hardsigmoid(), nn.Hardtanh(-0.5, 0.3), nn.ReLU6(), nn.ELU(0.5), nn.CELU(0.7), nn.SELU()),
    *(nn.LeakyReLU(0.1), nn.Softplus(2.0), nn.Mish(), nn.LogSigmoid(), nn.PReLU(init=-0.3), nn.GELU("tanh")),
)


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_a_function_of_one_value_is_a_table(function: nn.Module) -> None:
    twin = check_whole_way(Bent(function))
    assert [kind for kind in kinds_of(twin) if kind != "transpose"] == ["linear", "table", "linear"]


BENT = ["linear", "interpolated_table", "conv1d", "add", "linear"]


@pytest.mark.parametrize("recipe", ["w8a8", "w4a8"])
def test_a_slope_for_each_channel_is_exact_at_every_width(recipe: str) -> None:
    """x + (slope - 1) min(x, 0): the slopes are the scales of a depthwise convolution, whose codes are the largest."""
    model = Bent(nn.PReLU(6)).eval()
    with torch.no_grad():
        model.function.weight.copy_(torch.tensor([0.3, -0.2, 1.0, 0.0, 2.5, 0.011]))
    check_whole_way(model)
    twin = swapped(model, recipe=recipe)
    (bent,) = (t for t in operators_of(twin).values() if isinstance(t, Convolution1d))
    assert [kind for kind in kinds_of(twin) if kind != "transpose"] == BENT
    slopes = torch.from_numpy(bent.law().weight[:, 0, 0] * bent.steps()[:, 0, 0]) + 1
    torch.testing.assert_close(slopes.float(), model.function.weight.detach(), rtol=0, atol=1e-6)
