"""The loss is minus the logarithm of the sum over all alignments, divided by the tokens."""

import math
from itertools import groupby, product

import pytest
import torch

from earnest.methods.ctc import ctc_loss, frames_needed


def by_enumeration(logits: torch.Tensor, tokens: list[int]) -> float:
    """Minus log likelihood of one utterance, alignment by alignment."""
    frames, classes = logits.shape
    likely = logits.double().log_softmax(dim=-1)
    total = 0.0
    for path in product(range(classes), repeat=frames):
        if [token for token, _ in groupby(path) if token != classes - 1] == tokens:
            total += math.exp(sum(likely[frame, token].item() for frame, token in enumerate(path)))
    return -math.log(total)


def test_it_is_the_sum_over_alignments() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(3, 5, 3, generator=generator)
    tokens = [[0, 1], [1, 1, 0], [0]]
    expected = sum(by_enumeration(one, target) for one, target in zip(logits, tokens, strict=True)) / 6
    assert ctc_loss(logits, tokens).item() == pytest.approx(expected, rel=1e-5)
    assert ctc_loss(logits.bfloat16().float(), tokens).item() == ctc_loss(logits.bfloat16(), tokens).item()


@pytest.mark.parametrize("tokens", [[0, 1], [0, 0], [0, 0, 0, 1], [1, 1]])
def test_one_frame_less_than_needed_has_no_alignment(tokens: list[int]) -> None:
    needed = frames_needed(tokens)
    assert torch.isfinite(ctc_loss(torch.zeros(1, needed, 3), [tokens]))
    assert torch.isinf(ctc_loss(torch.zeros(1, needed - 1, 3), [tokens]))
