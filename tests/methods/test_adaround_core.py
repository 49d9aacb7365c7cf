"""AdaRound moves weights between neighbouring levels, to where the output errs less than by the nearest."""

from dataclasses import replace

import pytest
import torch
from tests.methods.test_gptq_core import problem
from torch import Tensor

from earnest.integer.codes import weight_limit
from earnest.methods.adaround_core import BY_LAYER, Relaxed, Schedule, adaround, latents, settle_, shares, undecided
from earnest.methods.descent import output_error
from earnest.methods.gptq_core import damp, gptq
from earnest.methods.levels import Levels, levels_by_output

ONES = torch.ones(1, 1, 1, dtype=torch.uint8)
RANDOM = torch.Generator().manual_seed(1)


def levels_of(weight: Tensor, c: Tensor, bits: int, weight_map: str = "symmetric") -> tuple[Levels, Tensor]:
    levels = levels_by_output(weight, torch.diagonal(c, dim1=1, dim2=2), bits, weight_map, 8)
    return levels, levels.steps(weight.shape[2])


def test_shares_reach_their_ends_and_latents_are_their_inverse():
    share = torch.linspace(0, 1, 101)
    assert torch.allclose(shares(latents(share)), share, atol=1e-6)
    assert torch.equal(shares(torch.tensor([-9.0, 0.0, 9.0])), torch.tensor([0.0, 0.5, 1.0]))


def test_only_halves_are_undecided():
    assert undecided(torch.tensor([0.0, 1.0, 1.0]), 3.0) == 0
    assert undecided(torch.tensor([0.5, 0.5]), 20.0) == 1
    share = torch.tensor([0.9])
    assert undecided(share, 20.0) > undecided(share, 2.0), "steep ones draw only what is nearly there"


def test_the_regulariser_comes_late_and_grows_flat():
    schedule = Schedule(steps=100, rate=0.1, free=0.2, strength=1.0, trust=0.0)
    assert [schedule.beta(step) for step in (0, 19)] == [None, None]
    found = [schedule.beta(step) for step in range(20, 100)]
    assert found[0] == 20
    assert 2 <= found[-1] < 2.1
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("weight_map", ["symmetric", "odd"])
def test_the_output_error_goes_down_and_that_of_the_weights_up(weight_map: str, groups: int):
    weight, _, _, c = problem(1, groups)
    c, steps = damp(c), torch.full_like(weight, 0.4)
    depth = weight.shape[2]
    levels = Levels(
        bits=4, weight_map=weight_map, scale=steps[..., 0], multiplier=ONES.expand(*weight.shape[:2], 1), group=depth
    )
    nearest = levels.nearest(weight, steps)
    found = adaround(weight, nearest, c, steps, bits=4, weight_map=weight_map)
    assert torch.allclose(levels.nearest(found, steps), found, rtol=1e-12, atol=1e-12), "levels"
    assert output_error(weight, found, c).sum() < 0.85 * output_error(weight, nearest, c).sum()
    assert (weight - found).square().mean() > (weight - nearest).square().mean()


@pytest.mark.parametrize("weight_map", ["symmetric", "odd"])
def test_no_weight_goes_further_than_its_neighbour(weight_map: str):
    """Toward the real weight from where it was found, and never beyond the levels."""
    weight, _, _, c = problem(2)
    c = damp(c)
    levels, steps = levels_of(weight, c, 2, weight_map)
    found = gptq(weight, c, steps, levels.nearest)
    free = Schedule(steps=200, rate=0.05, free=0.5, strength=0.1, trust=0.5)
    relaxed = Relaxed(weight, found, steps, bits=2, weight_map=weight_map, trust=free.trust)
    settle_([relaxed], lambda _, soft: [torch.randn(weight.shape, generator=RANDOM)], free)
    moved, apart = torch.round((relaxed.hard() - found) / steps), 2 if weight_map == "odd" else 1
    assert set(moved.unique().tolist()) == {-apart, 0, apart}
    limit = weight_limit(2, weight_map)
    assert torch.round(relaxed.hard() / steps).abs().max() == limit
    inside = (weight / steps).abs() < limit
    assert (moved * (weight - found) >= 0)[inside].all()


def test_what_is_found_gets_no_worse():
    weight, _, _, c = problem(3)
    c = damp(c)
    levels, steps = levels_of(weight, c, 3)
    found = gptq(weight, c, steps, levels.nearest)
    better = adaround(weight, found, c, steps, bits=3, weight_map="symmetric")
    assert (output_error(weight, better, c) <= output_error(weight, found, c)).all()
    reckless = replace(BY_LAYER, steps=3, rate=5.0)
    again = adaround(weight, found, c, steps, bits=3, weight_map="symmetric", schedule=reckless)
    assert (output_error(weight, again, c) <= output_error(weight, found, c)).all()


def test_uncorrelated_inputs_are_rounded_to_nearest():
    weight, _, _, _ = problem(4)
    c = torch.eye(weight.shape[2]).double()[None]
    levels, steps = levels_of(weight, c, 4)
    nearest = levels.nearest(weight, steps)
    found = adaround(weight, nearest, c, steps, bits=4, weight_map="symmetric")
    assert torch.allclose(found, nearest, rtol=1e-12, atol=1e-12)


def test_weights_on_the_levels_stay():
    weight, _, _, c = problem(5)
    c = damp(c)
    levels, steps = levels_of(weight, c, 4)
    weight = levels.nearest(weight, steps)
    assert torch.equal(adaround(weight, weight, c, steps, bits=4, weight_map="symmetric"), weight)


def test_trust_is_where_it_starts():
    wanted, steps = torch.tensor([[[0.2, 0.6, -0.3]]]).double(), torch.ones(1, 1, 3).double()
    found = torch.tensor([[[1.0, 0.0, 0.0]]]).double()
    soft = [
        Relaxed(wanted, found, steps, bits=4, weight_map="symmetric", trust=trust).soft().detach()
        for trust in (0.0, 0.5, 1.0)
    ]
    for got, expected in zip(soft, (wanted, (wanted + found) / 2, found), strict=True):
        assert torch.allclose(got.double(), expected, atol=1e-6)


def test_shares_follow_the_gradient():
    """Of a loss that wants every weight up, all go up."""
    wanted, steps = torch.full((1, 1, 4), 0.1).double(), torch.ones(1, 1, 4).double()
    one = Relaxed(wanted, torch.zeros_like(wanted), steps, bits=4, weight_map="symmetric", trust=0.5)
    settle_([one], lambda _, weights: [-10 * torch.ones_like(weights[0])], replace(BY_LAYER, steps=200, rate=0.05))
    assert torch.equal(one.hard(), torch.ones_like(wanted))
