"""How far quantized posteriors are from the float model's, in two ways.

    divergence = mean over the frames of  sum_c p_c log (p_c / q_c)                          in nats a frame
    loss       = (CTC(q, y) - CTC(p, y)) / |y|,   y = the tokens of p's best path            in nats a token

CTC(q, y) = -log of the probability that q gives the tokens y over all alignments [Graves et al. 2006]. A token that is
recognized one frame earlier costs much in the first way and nothing in the second: it costs no word either.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from earnest.runtime.decoding.ctc import ctc_greedy
from earnest.runtime.decoding.greedy import argmax


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Sums over frames and tokens; distances add."""

    divergence_sum: float = 0.0
    frames: int = 0
    loss_sum: float = 0.0
    tokens: int = 0

    def __add__(self, other: "Distance") -> "Distance":
        return Distance(
            divergence_sum=self.divergence_sum + other.divergence_sum,
            frames=self.frames + other.frames,
            loss_sum=self.loss_sum + other.loss_sum,
            tokens=self.tokens + other.tokens,
        )

    @property
    def divergence(self) -> float:
        """Nats a frame; rounding may leave a little less than 0, which is 0."""
        return max(self.divergence_sum / max(self.frames, 1), 0.0)

    @property
    def loss(self) -> float:
        """Nats a token; less than 0 where the quantized model is surer of the float model's tokens."""
        return self.loss_sum / max(self.tokens, 1)


def distance(real: Tensor, quantized: Tensor, blank: int) -> Distance:
    """The distance of two sets of logits [frames, classes]."""
    p, q = (torch.log_softmax(logits.double(), dim=-1) for logits in (real, quantized))
    tokens = ctc_greedy(argmax(p.numpy()), blank=blank)
    return Distance(
        divergence_sum=float((p.exp() * (p - q)).sum()),
        frames=len(p),
        loss_sum=_ctc(q, tokens, blank) - _ctc(p, tokens, blank),
        tokens=len(tokens),
    )


def _ctc(logarithms: Tensor, tokens: list[int], blank: int) -> float:
    if not tokens:
        return -float(logarithms[:, blank].sum())
    frames, count, wanted = (torch.tensor([each]) for each in (len(logarithms), len(tokens), tokens))
    return float(functional.ctc_loss(logarithms[:, None], wanted, frames, count, blank=blank, reduction="sum"))
