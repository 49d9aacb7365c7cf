"""Distillation: the divergence is SciPy's, both terms know nothing of scale, and a model teaches itself nothing."""

import pytest
import torch
from scipy.special import log_softmax, rel_entr

from earnest.methods.distillation import divergence, relative_error, token_loss


def logits(seed: int) -> torch.Tensor:
    return 3 * torch.randn(1, 7, 11, generator=torch.Generator().manual_seed(seed))


def test_the_divergence_is_scipys() -> None:
    import numpy as np

    real, quantized = logits(0), logits(1)
    p, q = (np.exp(log_softmax(one.double().numpy(), axis=-1)) for one in (real, quantized))
    assert divergence(real, quantized).item() == pytest.approx(rel_entr(p, q).sum(), rel=1e-5)


def test_a_model_that_teaches_itself_stays_where_it_is() -> None:
    values = {"a": logits(2), "b": logits(3)}
    found = logits(0).requires_grad_()
    made = {name: value.clone().requires_grad_() for name, value in values.items()}
    loss = divergence(logits(0), found) + relative_error(values, made)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert found.grad is not None
    assert found.grad.abs().max() < 1e-6
    assert all(one.grad is not None and not one.grad.any() for one in made.values())


def test_errors_are_relative_and_their_mean_counts_values_alike() -> None:
    real = {"small": torch.full((4,), 1e-3), "large": torch.full((100,), 1e3)}
    made = {name: value * 0.9 for name, value in real.items()}
    assert relative_error(real, made).item() == pytest.approx(0.01, rel=1e-4)
    assert relative_error({"zero": torch.zeros(3)}, {"zero": torch.zeros(3)}).item() == 0


def test_the_token_loss_asks_for_the_token_and_not_for_its_frame() -> None:
    real, early, spread = (torch.full((1, 6, 4), -9.0) for _ in range(3))
    for one, frame in ((real, 3), (early, 2)):
        one[..., 3] = 9.0
        one[0, frame] = torch.tensor([9.0, -9.0, -9.0, -9.0])
    spread[..., 3] = 0.4
    spread[0, 2:5, 0] = 0.0  # no frame has enough of the token to be recognized
    losses = [token_loss(real, one).item() for one in (real, early, spread)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    assert losses[2] > 0.3
    assert divergence(real, early) > 2 * divergence(real, spread)


def test_where_nothing_is_recognized_blanks_are_asked_for() -> None:
    silent = torch.zeros(1, 5, 3)
    silent[..., 2] = 4.0
    assert token_loss(silent, torch.zeros(1, 5, 3)).item() == pytest.approx(5 * 1.0986, rel=1e-3)
