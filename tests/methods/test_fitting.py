"""Codes, scales and maps of a weight: no step makes the output's error greater, and none leaves the levels."""

import numpy as np
import pytest
import torch
from tests.methods.test_gptq_core import problem

from earnest.methods.descent import descend, output_error, scale_growth
from earnest.methods.fitting import fit, rough_fit
from earnest.methods.gptq_core import damp, gptq
from earnest.methods.levels import Levels, levels_by_output
from earnest.numerics.weight import weight_codes


@pytest.mark.parametrize("weight_map", ["symmetric", "odd"])
@pytest.mark.parametrize("bits", [2, 3, 4, 7])
def test_levels_are_those_of_the_law(bits: int, weight_map: str):
    weight, _, _, _ = problem(1, groups=2)
    scale = torch.rand(2, weight.shape[1], generator=torch.Generator().manual_seed(3)).double() + 0.05
    depth = weight.shape[2]
    multiplier = torch.randint(1, 17, (2, weight.shape[1], -(-depth // 8)), dtype=torch.uint8)
    levels = Levels(bits=bits, weight_map=weight_map, scale=scale, multiplier=multiplier, group=8)
    found = levels.nearest(weight, levels.steps(depth))
    steps = scale[..., None] * multiplier.repeat_interleave(8, dim=2)[..., :depth]
    rows, step = weight.flatten(0, 1).numpy(), steps.flatten(0, 1).numpy()
    codes = weight_codes(rows, step, bits=bits, weight_map=weight_map)
    assert np.array_equal(found.flatten(0, 1).numpy(), codes * step)


def test_scales_look_at_inputs_that_matter():
    """A large weight on a dead input does not widen the grid."""
    weight = torch.tensor([[[8.0, 1.0, -0.9, 0.4]]]).double()
    dead = levels_by_output(weight, torch.tensor([[0.0, 1.0, 1.0, 1.0]]).double(), 4, "symmetric", 4)
    alive = levels_by_output(weight, torch.ones(1, 4).double(), 4, "symmetric", 4)
    assert dead.scale[0, 0] < alive.scale[0, 0]


@pytest.mark.parametrize("groups", [1, 3])
def test_descent_never_goes_up_and_stays_on_the_levels(groups: int):
    weight, _, _, c = problem(2, groups)
    c = damp(c)
    levels = levels_by_output(weight, torch.diagonal(c, dim1=1, dim2=2), 3, "symmetric", 10)
    steps = levels.steps(weight.shape[2])
    found = gptq(weight, c, steps, levels.nearest)
    for _ in range(3):
        better = descend(weight, found, c, steps, levels.nearest)
        assert torch.equal(levels.nearest(better, steps), better)
        assert (output_error(weight, better, c) <= output_error(weight, found, c) + 1e-12).all()
        found = better
    unrounded = descend(weight, weight.clone(), c, steps, lambda column, _: column)
    assert torch.equal(unrounded, weight), "nothing is to be gained"


def test_descent_in_blocks_is_descent_column_by_column():
    generator = torch.Generator().manual_seed(4)
    rows = torch.randn(1, 400, 150, generator=generator).double()
    c, weight = damp(rows.transpose(1, 2) @ rows / 400), torch.randn(1, 4, 150, generator=generator).double()
    levels = levels_by_output(weight, torch.diagonal(c, dim1=1, dim2=2), 3, "symmetric", 32)
    steps = levels.steps(150)
    start = levels.nearest(weight, steps)
    plain = start.clone()
    for j in range(150):
        move = ((weight - plain) @ c)[:, :, j] / c[:, None, j, j]
        plain[:, :, j] = levels.nearest(plain[:, :, j] + move, steps[:, :, j])
    assert torch.equal(descend(weight, start, c, steps, levels.nearest), plain)


def test_the_scale_is_that_of_least_squares():
    weight, _, _, c = problem(5)
    found = torch.round(weight)
    factor = scale_growth(weight, found, c)
    at = [output_error(weight, found * (factor * change)[..., None], c) for change in (0.99, 1.0, 1.01)]
    assert (at[1] <= at[0]).all()
    assert (at[1] <= at[2]).all()


def test_a_fit_is_better_than_gptq_from_one_scale():
    weight, _, _, c = problem(6)
    depth = weight.shape[2]
    for group in (depth, 8):
        found, rough = fit(weight, c, 4, ["symmetric"], group), rough_fit(weight, c, 4, "symmetric", group)
        assert found.error < rough.error
        assert rough.error == pytest.approx(float(output_error(weight, rough.weight, damp(c)).sum()))
        nearest = found.levels.nearest(found.weight, found.levels.steps(depth))
        assert torch.allclose(nearest, found.weight, rtol=1e-12, atol=0)
    assert fit(weight, c, 4, ["symmetric"], 8).error < fit(weight, c, 4, ["symmetric"], depth).error


def test_the_map_is_the_one_of_less_error():
    """Weights that are mostly 0 need a code for 0; weights that are never 0 are better off with a level more."""
    generator = torch.Generator().manual_seed(7)
    sparse = torch.randn(1, 8, 24, generator=generator).double() * (torch.rand(1, 8, 24, generator=generator) < 0.15)
    dense = torch.randn(1, 8, 24, generator=generator).double()
    _, _, _, c = problem(8)
    maps = ("symmetric", "odd")
    assert fit(sparse, c, 4, maps, 24).levels.weight_map == "symmetric"
    assert fit(dense, c, 4, maps, 24).levels.weight_map == "odd"
    for weight in (sparse, dense):
        each = [fit(weight, c, 4, [one], 24).error for one in maps]
        assert fit(weight, c, 4, maps, 24).error == min(each)
