"""Divergence and loss, against sums over all alignments, and what they are made to tell apart."""

import itertools
import math

import pytest
import torch

from earnest.methods.posteriors import Distance, distance
from earnest.runtime.decoding.ctc import ctc_greedy

BLANK = 2


def by_alignments(q: torch.Tensor, tokens: list[int]) -> float:
    """-log of the sum over every path that collapses to the tokens."""
    total = 0.0
    for path in itertools.product(range(q.shape[1]), repeat=len(q)):
        collapsed = [token for token, _ in itertools.groupby(path) if token != BLANK]
        if collapsed == tokens:
            total += math.exp(sum(float(q[frame, token]) for frame, token in enumerate(path)))
    return -math.log(total)


@pytest.mark.parametrize("seed", range(4))
def test_the_loss_is_that_of_all_alignments(seed: int):
    generator = torch.Generator().manual_seed(seed)
    real, other = torch.randn(5, 3, generator=generator).double() * 2, torch.randn(5, 3, generator=generator).double()
    p, q = torch.log_softmax(real, -1), torch.log_softmax(other, -1)
    tokens = ctc_greedy(real.argmax(dim=-1).numpy(), blank=BLANK)
    found = distance(real, other, BLANK)
    assert found.tokens == len(tokens)
    assert found.loss_sum == pytest.approx(by_alignments(q, tokens) - by_alignments(p, tokens), abs=1e-6)
    assert found.divergence_sum == pytest.approx(float((p.exp() * (p - q)).sum()))


def test_the_same_logits_have_no_distance():
    logits = torch.randn(30, 9, generator=torch.Generator().manual_seed(1))
    found = distance(logits, logits + 3, 8)
    assert found.divergence == pytest.approx(0, abs=1e-6)
    assert found.loss == pytest.approx(0, abs=1e-6)


def test_a_token_one_frame_earlier_costs_no_loss():
    """And a token that is gone costs both."""
    real = torch.full((9, 3), -8.0)
    real[:, BLANK] = 8.0
    early, gone = real.clone(), real.clone()
    for logits, frame in ((real, 4), (early, 3)):
        logits[frame, 0], logits[frame, BLANK] = 8.0, -8.0
    shifted, lost = distance(real, early, BLANK), distance(real, gone, BLANK)
    assert shifted.divergence > 1
    assert abs(shifted.loss) < 1e-3
    assert lost.loss > 5


def test_no_tokens_and_sums():
    silent = torch.tensor([[0.0, 0.0, 9.0]]).repeat(4, 1)
    found = distance(silent, silent * 0, BLANK)
    assert found.tokens == 0
    assert found.loss > 1
    total = found + found + Distance()
    assert (total.frames, total.divergence) == (8, pytest.approx(found.divergence))
