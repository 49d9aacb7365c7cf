"""GPTQ moves error from the output to the weights, and changes nothing where nothing is to be gained."""

import pytest
import torch
from torch import Tensor

from earnest.methods.gptq_core import damp, gptq

DEPTH, OUT, ROWS = 24, 16, 2048


def nearest(weight: Tensor, step: Tensor) -> Tensor:
    """Whole multiples of the step."""
    return torch.round(weight / step) * step


def problem(seed: int, groups: int = 1, noise: float = 0.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights, correlated rows, the same rows with noise, and the covariance of the latter."""
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(groups, DEPTH, DEPTH, generator=generator).double() * torch.logspace(0, -2, DEPTH).double()
    x = torch.randn(groups, ROWS, DEPTH, generator=generator).double() @ mix
    x -= x.mean(dim=1, keepdim=True)
    y = x + noise * torch.randn(x.shape, generator=generator).double()
    weight = torch.randn(groups, OUT, DEPTH, generator=generator).double()
    return weight, x, y, y.transpose(1, 2) @ y / ROWS


def output_error(weight: Tensor, other: Tensor, x: Tensor, y: Tensor) -> float:
    return float((x @ weight.transpose(1, 2) - y @ other.transpose(1, 2)).square().mean())


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("scale", [0.2, 0.5])
def test_the_output_error_goes_down_and_that_of_the_weights_up(scale: float, groups: int):
    weight, x, _, c = problem(1, groups)
    plain, found = torch.round(weight / scale) * scale, gptq(weight, damp(c), torch.full_like(weight, scale), nearest)
    assert torch.equal(found, torch.round(found / scale) * scale), "on the grid"
    assert output_error(weight, found, x, x) < 0.7 * output_error(weight, plain, x, x)
    assert (weight - found).square().mean() > (weight - plain).square().mean()


def test_uncorrelated_inputs_are_rounded_to_nearest():
    weight, _, _, _ = problem(2)
    found = gptq(weight, torch.eye(DEPTH).double()[None], torch.full_like(weight, 0.3), nearest)
    assert torch.equal(found, torch.round(weight / 0.3) * 0.3)


def test_weights_on_the_grid_stay():
    weight, _, _, c = problem(3)
    weight = torch.round(weight / 0.25) * 0.25
    assert torch.equal(gptq(weight, damp(c), torch.full_like(weight, 0.25), nearest), weight)


def test_every_weight_has_its_own_step():
    weight, _, _, c = problem(5)
    steps = torch.tensor([0.1, 0.7]).double().repeat(DEPTH // 2).expand_as(weight)
    found = gptq(weight, damp(c), steps, nearest)
    assert torch.equal(nearest(found, steps), found)


def test_a_dead_input_costs_nothing():
    weight, _, _, c = problem(4)
    c[:, 5, :] = c[:, :, 5] = 0
    assert torch.isfinite(gptq(weight, damp(c), torch.full_like(weight, 0.3), nearest)).all()


@pytest.mark.parametrize("depth", [1, 63, 64, 65, 200])
def test_blocks_of_columns_are_the_columns_one_by_one(depth: int):
    """Against the algorithm as its paper writes it, one row of the inverse at a time."""
    generator = torch.Generator().manual_seed(depth)
    rows = torch.randn(2, 3 * depth + 5, depth, generator=generator).double()
    c, weight = damp(rows.transpose(1, 2) @ rows), torch.randn(2, 5, depth, generator=generator).double()
    steps = torch.linspace(0.2, 0.6, depth).double().expand_as(weight)
    found = gptq(weight, c, steps, nearest)
    for group in range(2):
        order = torch.argsort(torch.diagonal(c[group]), descending=True)
        left, inverse = weight[group][:, order].clone(), torch.linalg.inv(c[group][order][:, order])
        step = steps[group][:, order]
        for j in range(depth):
            rounded = nearest(left[:, j], step[:, j])
            error = (left[:, j] - rounded) / inverse[j, j]
            left -= error[:, None] * inverse[j]
            left[:, j] = rounded
            inverse = inverse - torch.outer(inverse[:, j], inverse[j]) / inverse[j, j]
            inverse[j, j] = 1.0
        assert torch.allclose(found[group][:, order], left)
