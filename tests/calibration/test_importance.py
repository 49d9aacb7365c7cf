"""What an error counts for the products that read it, and ranges chosen by it."""

import pytest
import torch
from tests.nn.tiny import uncalibrated
from torch import Tensor, nn

from earnest.calibration.calibrate import calibrate
from earnest.calibration.importance import importance, read_by_products
from earnest.integer.program.program import INPUT
from earnest.nn.edge import CalibratedEdge
from earnest.nn.model import TwinModel
from earnest.nn.twins.conv1d import Convolution1d
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.matmul import MatMul
from earnest.numerics.grid import dequantize, quantize
from earnest.swapping.recipe import Recipe
from earnest.swapping.swap import swap

METHODS = ("extremes", "percentile", "squared-error", "fourth-power", "kl")
SETTINGS = {"weight_bits": 8, "weight_map": "symmetric", "weight_range": "extremes", "weight_group": 0}


def convolution(groups: int) -> Convolution1d:
    torch.manual_seed(0)
    weight = nn.Parameter(torch.randn(4, 4 // groups, 3))
    return Convolution1d(
        [uncalibrated("x")],
        uncalibrated("y"),
        weight=weight,
        bias=nn.Parameter(torch.randn(4)),
        strides=(2,),
        padding=(1,),
        dilations=(1,),
        groups=groups,
        **SETTINGS,
    )


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_convolution_is_its_error_one_element_at_a_time(groups: int) -> None:
    twin, x = convolution(groups), torch.randn(1, 4, 7)
    (found,) = importance(twin, [x], {})
    weights = [parameter.detach() for parameter in twin.trainable()]
    plain = twin.real([x], weights, {})
    for channel in range(4):
        for time in range(7):
            other = x.clone()
            other[0, channel, time] += 1
            moved = (twin.real([other], weights, {}) - plain).square().sum()
            assert float(found[0, channel, time]) == pytest.approx(float(moved), rel=1e-3, abs=1e-5)


def test_a_linear_is_the_squared_norm_of_the_columns() -> None:
    weight = nn.Parameter(torch.randn(5, 3))
    twin = Linear([uncalibrated("x")], uncalibrated("y"), weight=weight, bias=None, **SETTINGS)
    (found,) = importance(twin, [torch.randn(2, 6, 3)], {})
    assert torch.allclose(found, weight.square().sum(0).expand(2, 6, 3))


def test_a_product_is_the_other_operand() -> None:
    twin = MatMul([uncalibrated("a"), uncalibrated("b")], uncalibrated("y"))
    a, b = torch.randn(2, 5, 3), torch.randn(2, 3, 4)
    left, right = importance(twin, [a, b], {})
    assert torch.allclose(left, b.square().sum(-1)[:, None].expand(2, 5, 3))
    assert torch.allclose(right, a.square().sum(1)[..., None].expand(2, 3, 4))


class Net(nn.Module):
    """A channel that is large and that the head hardly reads, beside those that it does."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.head = nn.Linear(8, 4)
        with torch.no_grad():
            self.head.weight[:, 0] *= self.heard

    heard = 1e-3

    def forward(self, x: Tensor) -> Tensor:
        """[batch, time, 8] to [batch, time, 4]."""
        return self.head(x)


class Hearing(Net):
    """The same net, which reads that channel above all."""

    heard = 1e3


def inputs() -> list[Tensor]:
    x = torch.randn(2, 1, 400, 8, generator=torch.Generator().manual_seed(2))
    x[..., 0] *= 60
    return list(x)


def entry(net: type[Net], method: str) -> tuple[TwinModel, CalibratedEdge]:
    recipe = Recipe.model_validate(
        {"name": "mine", "description": "4 bits", "rule": [{"path": INPUT, "bits": 4, "range": method}]}
    )
    model = calibrate(swap(net().eval(), recipe, "int8x16", features=8, longest=400), inputs())
    return model, model.input


def output_error(model: TwinModel) -> float:
    """Of the real head with the rounded input, on the data themselves."""
    head, grid = model.twin("head"), model.input.grid
    total = 0.0
    for x in inputs():
        rounded = torch.from_numpy(dequantize(quantize(x.numpy(), grid), grid)).float()
        with torch.no_grad():
            moved = head.real([rounded], head.trainable(), {}) - head.real([x], head.trainable(), {})
        total += float(moved.square().sum())
    return total


@pytest.mark.parametrize("net", [Net, Hearing])
def test_by_output_errs_least_of_all_methods(net: type[Net]) -> None:
    errors = {method: output_error(entry(net, method)[0]) for method in METHODS}
    assert output_error(entry(net, "by-output")[0]) <= 1.02 * min(errors.values())
    assert max(errors.values()) > 1.1 * min(errors.values())


def test_what_is_not_heard_is_clipped_and_what_is_heard_is_not() -> None:
    """The values are the same: only what reads them differs."""
    (_, deaf), (_, hearing) = entry(Net, "by-output"), entry(Hearing, "by-output")
    assert deaf.grid.range[1] < 0.8 * hearing.grid.range[1]
    assert entry(Net, "squared-error")[1].grid == entry(Hearing, "squared-error")[1].grid


class Sum(nn.Module):
    """A residual sum reads the input too."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, time, 8]."""
        return x + self.head(x)


def test_what_a_sum_reads_too_is_left_to_its_own_error() -> None:
    grids = {}
    for method in ("by-output", *METHODS):
        rules = {"name": "mine", "description": "", "rule": [{"path": INPUT, "bits": 4, "range": method}]}
        found = swap(Sum().eval(), Recipe.model_validate(rules), "int8x16", features=8, longest=400)
        assert found.input not in read_by_products(found)
        grids[method] = calibrate(found, inputs()).input.grid
    assert grids["by-output"] == grids["squared-error"] != grids["extremes"]


def test_a_range_is_one_of_the_candidates() -> None:
    model, edge = entry(Net, "by-output")
    assert edge in read_by_products(model)
    assert edge.grid in [entry(Net, method)[1].grid for method in METHODS]
