"""Learned grids: values and gradients are those of torch's own operator, and codes those of `numerics`."""

import numpy as np
import pytest
import torch

from earnest.methods.learned_steps import Coded, Rounded, WholeNumbers, share_codes
from earnest.numerics.weight import weight_codes

CASES = [(-128, 127, 3), (-8, 7, 2), (0, 15, 0), (-2, 1, 0)]


@pytest.mark.parametrize(("low", "high", "zero_point"), CASES)
def test_values_and_gradients_are_torchs(low: int, high: int, zero_point: int) -> None:
    generator = torch.Generator().manual_seed(low)
    x = torch.randn(4000, generator=generator, requires_grad=True)
    step = torch.tensor(2.5 / (high - low), requires_grad=True)
    slope = torch.randn(4000, generator=generator)
    zero = torch.tensor(float(zero_point), requires_grad=True)
    found = Rounded.apply(x, step, zero, low, high)
    gradients = torch.autograd.grad(found, (x, step, zero), slope)
    # ties, which torch rounds to even, are not met; its backward pass reads a negative zero point wrongly
    wide, shifted = step.detach()[None].requires_grad_(), zero.detach()[None].requires_grad_()
    expected = torch._fake_quantize_learnable_per_tensor_affine(x, wide, shifted, low, high, 1.0)
    torch.testing.assert_close(found, expected)
    oracle = torch.autograd.grad(expected, (x, wide, shifted), slope)
    outside = ((x / step + zero_point) < low) | ((x / step + zero_point) > high)
    assert 0.05 < outside.float().mean() < 0.6
    torch.testing.assert_close(gradients[0], oracle[0])
    torch.testing.assert_close(gradients[1], oracle[1][0], rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(gradients[2], oracle[2][0], rtol=1e-4, atol=1e-3)


def test_no_gradient_of_a_step_that_asks_for_none() -> None:
    x = torch.linspace(-1, 1, 21, requires_grad=True)
    (found,) = torch.autograd.grad(Rounded.apply(x, torch.tensor(0.1), torch.tensor(0.0), -3, 3).sum(), x)
    assert found.tolist() == [float(abs(value) <= 0.35) for value in x.tolist()]


def test_a_longer_step_reaches_what_was_clipped() -> None:
    x, step = torch.tensor([2.0, -2.0]), torch.tensor(0.1, requires_grad=True)
    loss = (Rounded.apply(x, step, torch.tensor(0.0), -8, 7) - x).square().sum()
    loss.backward()
    assert step.grad is not None
    assert step.grad < 0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_zero_point_moves_towards_what_was_clipped(sign: float) -> None:
    x, zero = sign * torch.tensor([1.2, 0.1, 0.3]), torch.tensor(0.0, requires_grad=True)
    loss = (Rounded.apply(x, torch.tensor(0.1), zero, -8, 7) - x).square().sum()
    loss.backward()
    assert zero.grad is not None
    assert zero.grad * sign > 0, "descent lowers the code of 0 where large values are clipped"


@pytest.mark.parametrize(
    ("bits", "weight_map"), [(8, "symmetric"), (4, "symmetric"), (4, "odd"), (2, "odd"), (1, "odd")]
)
def test_shares_become_the_codes_of_weights(bits: int, weight_map: str) -> None:
    shares = torch.randn(6, 50, generator=torch.Generator().manual_seed(bits)).double() * 0.7
    limit = {8: 127, 4: 15 if weight_map == "odd" else 7, 2: 3, 1: 1}[bits]
    steps = np.full(6, 0.02)
    expected = weight_codes((shares * limit).numpy() * 0.02, steps, bits=bits, weight_map=weight_map)
    assert np.array_equal(share_codes(shares, bits, weight_map).numpy(), expected)


def test_the_gradient_of_a_share_stops_beyond_the_largest_code() -> None:
    shares = torch.tensor([0.0, 1.0, 1.07, 1.08, -1.07, -1.08], requires_grad=True)
    (found,) = torch.autograd.grad(Coded.apply(shares, 4, "symmetric").sum(), shares)
    assert found.tolist() == [7.0, 7.0, 7.0, 0.0, 7.0, 0.0]


def test_counts_are_whole_and_may_come_back_from_beyond_their_bounds() -> None:
    x = torch.tensor([-3.0, 0.2, 1.49, 1.5, 7.6, 8.4, 19.0], requires_grad=True)
    least, most = torch.tensor(1.0), torch.tensor(8.0)
    assert WholeNumbers.apply(x, least, most).tolist() == [1, 1, 1, 2, 8, 8, 8]
    for sign, passed in ((1.0, [0, 0, 1, 1, 1, 1, 1]), (-1.0, [1, 1, 1, 1, 1, 0, 0])):
        (gradient,) = torch.autograd.grad(WholeNumbers.apply(x, least, most).sum() * sign, x)
        assert gradient.tolist() == [sign * one for one in passed], "a step against it leads back, or stays"
