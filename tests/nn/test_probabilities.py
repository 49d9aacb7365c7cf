"""Edges of what a softmax makes."""

import torch

from earnest.nn.probabilities import NumeratorEdge, probabilities


def test_probabilities_and_numerators():
    scores = torch.randn(3, 40, generator=torch.Generator().manual_seed(1)) * 4
    exact = torch.softmax(scores, dim=-1)
    assert float((probabilities().nearest(exact) - exact).abs().max()) <= 0.5 / 32767 * 1.001
    rough = NumeratorEdge().nearest(exact)
    assert torch.allclose(rough.sum(dim=-1), torch.ones(3))
    assert 1e-4 < float((rough - exact).abs().max()) < 0.02
