"""The loss of connectionist temporal classification over a batch, in nats a token [Graves 2006, ICML, eq. 3 and 4]:

loss = - sum_u log sum_{alignments a of y_u} prod_t p_u(a_t | t)  /  sum_u |y_u|
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def ctc_loss(logits: Float[Tensor, "batch frames classes"], tokens: Sequence[Sequence[int]]) -> Float[Tensor, ""]:
    """The last class is the blank; every utterance has all of the frames. The sum is computed in float32, on the CPU:
    elsewhere its gradient is not the same from call to call. Infinite where an utterance has fewer frames than
    `frames_needed`.
    """
    batch, frames, classes = logits.shape
    lengths = torch.tensor([len(one) for one in tokens])
    flat = torch.tensor([token for one in tokens for token in one])
    likely = logits.float().log_softmax(dim=-1).transpose(0, 1).cpu()
    every = torch.full((batch,), frames)
    summed = functional.ctc_loss(likely, flat, every, lengths, blank=classes - 1, reduction="sum")
    return (summed / lengths.sum()).to(logits.device)


def frames_needed(tokens: Sequence[int]) -> int:
    """The fewest frames that spell the tokens: one each, and a blank between two equal ones."""
    return len(tokens) + sum(left == right for left, right in pairwise(tokens))
