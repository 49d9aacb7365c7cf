"""Distillation: a quantized model is taught by the float one, and needs no transcripts.

    L = sum over frames of  sum_c p_c log (p_c / q_c)  /  frames                 [Hinton 2015, arXiv:1503.02531]
        + strength * mean over values of  |v - v~|^2 / |v|^2                     [Romero 2015, arXiv:1412.6550]

p are the float model's posteriors and v what its blocks make, q and v~ the quantized model's. Both terms are 0 where
the two models agree: a float model taught by itself stays where it is.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional


def divergence(real: Tensor, quantized: Tensor) -> Tensor:
    """The first sum, in nats, of logits [..., frames, classes]."""
    p, q = real.log_softmax(dim=-1), quantized.log_softmax(dim=-1)
    return functional.kl_div(q, p, reduction="sum", log_target=True)


def relative_error(real: Mapping[str, Tensor], quantized: Mapping[str, Tensor]) -> Tensor:
    """The mean over values of the squared error relative to the square of the float one's."""
    tiny = torch.finfo(torch.float32).tiny
    parts = [
        (value - quantized[name]).square().sum() / value.square().sum().clamp_min(tiny) for name, value in real.items()
    ]
    return torch.stack(parts).mean()
