"""Distillation: the divergence is SciPy's, both terms know nothing of scale, and a model teaches itself nothing."""

import pytest
import torch
from scipy.special import log_softmax, rel_entr

from earnest.methods.distillation import divergence, relative_error


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
