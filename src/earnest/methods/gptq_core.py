"""GPTQ: weights rounded one column after the other, the error of each made up for by the columns to come.

    minimise  E |W x + b - (Q x + b')|^2 = tr (W - Q) C (W - Q)^T   over codes Q; the bias b' = b + (W - Q) m is free
    for each column j, largest C_jj first:  Q_j = nearest(W_j),   W_k += (W_j - Q_j) / U_jj U_jk,   k after j

with U the upper Cholesky factor of (C + d I)^-1 [Frantar et al. 2023, arXiv:2210.17323, algorithm 1], d a fraction of
the mean of C's diagonal, and C and m the moments of the float model's rows. Weights refitted to the rows that quantized
operators before them make come nearer to the float model frame by frame, but draw every output toward its mean: words
are lost (docs/results.md).
"""

from collections.abc import Callable

import torch
from torch import Tensor

Nearest = Callable[[Tensor, Tensor], Tensor]
"""The nearest values that weights may have, given the step of each."""

DAMPING = 0.01
_BLOCK = 64
"""Columns whose errors are spread among themselves at once, and over the rest of the columns together."""


def damp(c: Tensor, damping: float = DAMPING) -> Tensor:
    """C + d I, [groups, depth, depth]."""
    mean = torch.diagonal(c, dim1=1, dim2=2).mean(dim=1).clamp_min(1e-12)
    return c + torch.diag_embed(damping * mean[:, None].expand(c.shape[:2]))


def gptq(weight: Tensor, c: Tensor, steps: Tensor, nearest: Nearest) -> Tensor:
    """Quantized weights [groups, out, depth] for real ones, the step of each, and the damped covariance C of their
    inputs.
    """
    order = torch.argsort(torch.diagonal(c, dim1=1, dim2=2), dim=1, descending=True)
    groups = torch.arange(len(c))[:, None]
    place = order[:, None].expand_as(weight)
    left, steps = weight.gather(2, place).clone(), steps.gather(2, place)
    lower = torch.linalg.cholesky(c[groups[:, :, None], order[:, :, None], order[:, None, :]])
    upper = torch.linalg.cholesky(torch.cholesky_inverse(lower), upper=True)
    found = torch.empty_like(left)
    depth = left.shape[2]
    for start in range(0, depth, _BLOCK):
        stop = min(start + _BLOCK, depth)
        errors = torch.empty_like(left[:, :, start:stop])
        for j in range(start, stop):
            found[:, :, j] = nearest(left[:, :, j], steps[:, :, j])
            error = (left[:, :, j] - found[:, :, j]) / upper[:, j, j, None]
            left[:, :, j + 1 : stop] -= error[:, :, None] * upper[:, None, j, j + 1 : stop]
            errors[:, :, j - start] = error
        left[:, :, stop:] -= errors @ upper[:, start:stop, stop:]
    return torch.empty_like(found).scatter_(2, place, found)
