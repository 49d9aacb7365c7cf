"""Distillation: a quantized model is taught by the float one, and needs no transcripts.

    L = tokens * CTC(q, y) / |y|       y: the tokens of the float model's best path       [Kim 2016, arXiv:1606.07947]
      + posteriors * sum over frames of sum_c p_c log (p_c / q_c) / frames              [Hinton 2015, arXiv:1503.02531]
      + blocks * mean over values of |v - v~|^2 / |v|^2                                 [Romero 2015, arXiv:1412.6550]

p are the float model's posteriors and v what its blocks make, q and v~ the quantized model's. The second part falls
where q spreads a token over the frames next to p's, and then no frame has enough of it to be recognized: words are lost
(docs/results.md). The first part asks for the token, and not for its frame.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from earnest.methods.ctc import ctc_loss
from earnest.runtime.decoding.ctc import ctc_greedy
from earnest.runtime.decoding.greedy import argmax


def token_loss(real: Tensor, quantized: Tensor) -> Tensor:
    """CTC(q, y) / |y|, in nats a token, of logits [1, frames, classes]; the last class is the blank."""
    best = ctc_greedy(argmax(real[0].cpu().numpy()), blank=real.shape[-1] - 1)
    return ctc_loss(quantized, [best]) if best else -quantized.log_softmax(dim=-1)[..., -1].sum()


def divergence(real: Tensor, quantized: Tensor) -> Tensor:
    """The sum over frames, in nats, of logits [..., frames, classes]."""
    p, q = real.log_softmax(dim=-1), quantized.log_softmax(dim=-1)
    return functional.kl_div(q, p, reduction="sum", log_target=True)


def relative_error(real: Mapping[str, Tensor], quantized: Mapping[str, Tensor]) -> Tensor:
    """The mean over values of the squared error relative to the square of the float one's."""
    tiny = torch.finfo(torch.float32).tiny
    parts = [
        (value - quantized[name]).square().sum() / value.square().sum().clamp_min(tiny) for name, value in real.items()
    ]
    return torch.stack(parts).mean()
