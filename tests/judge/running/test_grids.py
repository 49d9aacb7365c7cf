"""Grids are found through per-channel scales, groups, zero points and sparse codes; reals lie on none."""

import pytest
import torch

from earnest.judge.running.grids import ACTIVATION_LEVELS, WEIGHT_LEVELS, near_whole, on_grid


def _codes(*shape: int, bits: int = 8, seed: int = 0) -> torch.Tensor:
    limit = 1 << (bits - 1)
    return torch.randint(1 - limit, limit, shape, generator=torch.Generator().manual_seed(seed)).float()


def _scales(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(9)) * 0.01 + 0.001


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("shape", [(16, 16), (5, 300), (8, 12, 3)])
def test_weights_with_a_scale_per_channel(bits: int, shape: tuple[int, ...]):
    scale = _scales(shape[0], *[1] * (len(shape) - 1))
    assert on_grid(_codes(*shape, bits=bits) * scale, WEIGHT_LEVELS)
    assert on_grid((_codes(*shape, bits=bits) * scale).movedim(0, -1), WEIGHT_LEVELS)


@pytest.mark.parametrize("group", [32, 64])
def test_weights_with_a_scale_per_group(group: int):
    weight = _codes(16, 128 // group, group, bits=4) * _scales(16, 128 // group, 1)
    assert on_grid(weight.reshape(16, 128), WEIGHT_LEVELS)
    assert on_grid(weight.reshape(16, 128).t(), WEIGHT_LEVELS)


@pytest.mark.parametrize("bits", [8, 16])
def test_activations_with_a_zero_point(bits: int):
    assert on_grid((_codes(1, 40, 24, bits=bits) + 77) * 0.00371, ACTIVATION_LEVELS)


def test_one_value_off_the_grid_is_noticed():
    weight = _codes(8, 64) * _scales(8, 1)
    weight[3, 5] += 0.3 * _scales(8, 1)[3, 0]
    assert not on_grid(weight, WEIGHT_LEVELS)


@pytest.mark.parametrize("shape", [(16, 16), (256, 64), (8, 1, 7), (64, 3)])
def test_reals_lie_on_no_grid(shape: tuple[int, ...]):
    reals = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    assert not on_grid(reals, WEIGHT_LEVELS)
    assert not on_grid(reals, ACTIVATION_LEVELS)


def test_too_many_codes_are_no_weights():
    wide = _codes(64, 400, bits=12) * 0.01
    assert not on_grid(wide, WEIGHT_LEVELS)
    assert on_grid(wide, ACTIVATION_LEVELS)


def test_levels_that_are_not_uniform():
    levels = torch.tensor(
        [-1.0, -0.7, -0.53, -0.39, -0.28, -0.18, -0.09, 0, 0.08, 0.16, 0.25, 0.34, 0.44, 0.56, 0.72, 1.0]
    )
    chosen = levels[torch.randint(0, 16, (32, 64), generator=torch.Generator().manual_seed(3))]
    assert on_grid(levels * 100, ACTIVATION_LEVELS)
    assert not on_grid(chosen * _scales(32, 64).clamp(min=0.005), WEIGHT_LEVELS)


def test_infinities_of_a_mask_and_little_data_are_on_any_grid():
    masked = _codes(4, 40) * 0.01
    masked[:, 30:] = -torch.inf
    assert on_grid(masked, ACTIVATION_LEVELS)
    assert on_grid(torch.zeros(0, 5), WEIGHT_LEVELS)
    assert on_grid(torch.tensor([0.3]), WEIGHT_LEVELS)
    assert on_grid(torch.full((7, 5), 0.3), WEIGHT_LEVELS)


def test_near_whole():
    codes = _codes(20, 20)
    assert near_whole(codes * 0.037 / 0.037)
    assert not near_whole(codes / 3)
    assert not near_whole(torch.zeros(5))
