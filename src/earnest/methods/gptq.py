"""GPTQ: weights rounded one column after the other, the error of each made up for by the columns to come.

    minimise  E |W x + b - (Q x' + b')|^2   over codes Q and biases b'
    W* = (W D + d W) (C + d I)^-1                             the best real weights for x', drawn to W by d
    for each column j, largest C_jj first:  Q_j = nearest(W*_j),   W*_k += (W*_j - Q_j) / U_jj U_jk,   k after j
    b' = b + W m - Q m'

with U the upper Cholesky factor of (C + d I)^-1 [Frantar et al. 2023, arXiv:2210.17323, algorithm 1], d a fraction of
the mean of C's diagonal, and C, D, m, m' of `moments`. The float output is the goal, not that of the float weights on
quantized inputs [Li et al. 2025, arXiv:2504.02692]; covariances stand for second moments because b' is free.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from earnest.numerics.weight import weight_codes

DAMPING = 0.01
_SHRINKS = np.linspace(0.4, 1.0, 31)


def refitted(weight: Tensor, c: Tensor, d: Tensor, damping: float = DAMPING) -> Tensor:
    """W*, [groups, out, depth]: the real weights that come nearest to W x from x'."""
    damped = _damped(c, damping)
    # Toward W where x' tells nothing: (W D + d W) (C + d I)^-1.
    ridge = damped - c
    return torch.linalg.solve(damped, (d + ridge).transpose(1, 2) @ weight.transpose(1, 2)).transpose(1, 2)


def gptq(weight: Tensor, c: Tensor, rounded: Callable[[Tensor, Tensor], Tensor], damping: float = DAMPING) -> Tensor:
    """Quantized weights [groups, out, depth] for real ones and the covariance C of their inputs.

    `rounded(column, index)` gives the nearest values that a column [groups, out] of the columns `index` [groups] may
    have.
    """
    order = torch.argsort(torch.diagonal(c, dim1=1, dim2=2), dim=1, descending=True)
    groups = torch.arange(len(c))[:, None]
    left = weight.gather(2, order[:, None].expand_as(weight)).clone()
    sorted_c = _damped(c, damping)[groups[:, :, None], order[:, :, None], order[:, None, :]]
    upper = torch.linalg.cholesky(torch.linalg.inv(sorted_c), upper=True)
    found = torch.empty_like(left)
    for j in range(left.shape[2]):
        found[:, :, j] = rounded(left[:, :, j], order[:, j])
        error = (left[:, :, j] - found[:, :, j]) / upper[:, j, j, None]
        left[:, :, j + 1 :] -= error[:, :, None] * upper[:, None, j, j + 1 :]
    return torch.empty_like(found).scatter_(2, order[:, None].expand_as(found), found)


def scales_by_output(
    weight: np.ndarray, importance: np.ndarray, full: np.ndarray, bits: int, weight_map: str
) -> np.ndarray:
    """Scales [out] of rows [out, depth]: among fractions of `full` the one of least squared rounding error, each input
    weighed by its importance [out, depth].
    """
    best, least = full, np.full(len(full), np.inf)
    for shrink in _SHRINKS:
        scale = full * shrink
        error = weight - weight_codes(weight, scale, bits=bits, weight_map=weight_map) * scale[:, None]
        squares = (error * error * importance).sum(axis=1)
        best, least = np.where(squares <= least, scale, best), np.minimum(squares, least)
    return best


def _damped(c: Tensor, damping: float) -> Tensor:
    diagonal = torch.diagonal(c, dim1=1, dim2=2)
    mean = diagonal.mean(dim=1).clamp_min(1e-12)
    return c + torch.diag_embed(damping * mean[:, None].expand_as(diagonal))
