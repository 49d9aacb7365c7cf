"""Coordinate descent on quantized weights: each column and each scale in turn where the output's error is least.

    F(Q) = tr (W - Q) C (W - Q)^T
    Q_j <- nearest(Q_j + G_j / C_jj),   G = (W - Q) C          [Behdin et al. 2023, arXiv:2309.01885, eq. 7]
    s_i <- (q_i C w_i) / (q_i C q_i)   for a row's codes q_i: the least squares scale

Neither step makes F greater, whatever it starts from.
"""

import torch
from torch import Tensor

from earnest.methods.gptq_core import Nearest

_BLOCK = 64


def output_error(wanted: Tensor, found: Tensor, c: Tensor) -> Tensor:
    """The expected squared error of each output, [groups, out]."""
    error = wanted - found
    return ((error @ c) * error).sum(dim=2)


def descend(wanted: Tensor, found: Tensor, c: Tensor, steps: Tensor, nearest: Nearest) -> Tensor:
    """One sweep over the columns of quantized weights [groups, out, depth], given the step of each."""
    found = found.clone()
    gradient = (wanted - found) @ c
    diagonal = torch.diagonal(c, dim1=1, dim2=2)
    depth = found.shape[2]
    for start in range(0, depth, _BLOCK):
        stop = min(start + _BLOCK, depth)
        before = found[:, :, start:stop].clone()
        inner = gradient[:, :, start:stop].clone()
        for j in range(start, stop):
            better = nearest(found[:, :, j] + inner[:, :, j - start] / diagonal[:, None, j], steps[:, :, j])
            inner -= (better - found[:, :, j])[:, :, None] * c[:, None, j, start:stop]
            found[:, :, j] = better
        gradient -= (found[:, :, start:stop] - before) @ c[:, start:stop]
    return found


def scale_growth(wanted: Tensor, found: Tensor, c: Tensor) -> Tensor:
    """By how much the scale of each row should grow, [groups, out]; 1 where that is not positive."""
    reached = found @ c
    factor = (reached * wanted).sum(dim=2) / (reached * found).sum(dim=2).clamp_min(torch.finfo(c.dtype).tiny)
    return torch.where(factor > 0, factor, torch.ones_like(factor))
