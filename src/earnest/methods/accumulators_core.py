"""Shrinking: the codes of a row drawn towards zero until its sums fit a narrow accumulator.

    |x| sum_k |w_k| + |b| < 2^(A-1)                             [Colbert et al. 2023, A2Q, arXiv:2308.13504, eq. 5]

with w the codes times their groups' multipliers, b the folded bias, in units of the accumulator. A2Q trains weights
within that ball; here they are brought into it after rounding, from several scales of the row, at each of them the code
whose step towards zero costs least first:

    F = tr (W - Q) C (W - Q)^T,     a step d of code k:  dF = 2 G_k d + C_kk d^2,   G = (Q - W) C

the cheapest per unit of sum |w_k| that it saves. Of the scales, the one whose row errs least.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from earnest.errors import NumericsError
from earnest.methods.descent import output_error
from earnest.methods.gptq_core import gptq
from earnest.methods.levels import Levels

Need = Callable[[Tensor, Tensor], Tensor]
"""What sums of rows can reach, [groups, out], over what they may: of weights [groups, out, depth] in units of the
accumulator, and the real value of a unit, [groups, out].
"""

_COARSER = 2**0.5
_FARTHEST = 2.0
"""Rows that need more than this many times what they may are not shrunk: a greater scale is better."""
_SCALES = 32
"""How often a scale may grow: 2^16 at most, where every code of 8 bits is 0."""


def shrink(wanted: Tensor, codes: Tensor, c: Tensor, levels: Levels, need: Need) -> tuple[Tensor, Tensor]:
    """Codes [groups, out, depth] that fit, and by how much the scale of each row grew, [groups, out].

    `wanted` are the real weights, C the damped covariance of their inputs. Rows that fit stay as they are.
    NumericsError where a row fits at no scale.
    """
    best, growth = codes.clone(), torch.ones_like(levels.scale)
    waiting = need(codes * _multipliers(levels, codes), levels.scale) > 1
    error = torch.where(waiting, torch.inf, 0.0).double()
    for power in range(_SCALES):
        if not waiting.any():
            break
        factor = _COARSER**power
        coarser = levels.scaled(factor)
        steps = coarser.steps(codes.shape[2])
        start = codes if power == 0 else torch.round(gptq(wanted, c, steps, coarser.nearest) / steps)
        before = need(start * _multipliers(coarser, codes), coarser.scale)
        found = _step_codes(wanted, start, c, coarser, need, waiting & (before <= _FARTHEST))
        fits = need(found * _multipliers(coarser, codes), coarser.scale) <= 1
        errs = torch.where(fits, output_error(wanted, found * steps, c), torch.inf)
        better = waiting & (errs < error)
        best = torch.where(better[..., None], found, best)
        growth, error = torch.where(better, factor, growth), torch.where(better, errs, error)
        waiting = waiting & ~(before <= 1)
    if torch.isinf(error).any():
        raise NumericsError("a row's sums fit at no scale: use a map with the code 0, or fewer bits of input")
    return best, growth


def _multipliers(levels: Levels, codes: Tensor) -> Tensor:
    """The multiplier of each weight's group."""
    return torch.round(levels.steps(codes.shape[2]) / levels.scale[..., None])


def _step_codes(wanted: Tensor, codes: Tensor, c: Tensor, levels: Levels, need: Need, rows: Tensor) -> Tensor:
    """One code of each of the rows after the other, until all fit or none can be drawn further."""
    codes, steps, multipliers = codes.clone(), levels.steps(codes.shape[2]), _multipliers(levels, codes)
    stride, least = (2, 1) if levels.weight_map == "odd" else (1, 0)
    gradient, diagonal = (codes * steps - wanted) @ c, torch.diagonal(c, dim1=1, dim2=2)[:, None]
    group = torch.arange(len(c))[:, None]
    while True:
        over = rows & (need(codes * multipliers, levels.scale) > 1)
        change = -torch.sign(codes) * stride
        cost = (2 * gradient * change * steps + diagonal * (change * steps).square()) / multipliers
        cheapest, place = torch.where(codes.abs() > least, cost, torch.inf).min(dim=2)
        over &= torch.isfinite(cheapest)
        if not over.any():
            return codes
        moved = change.gather(2, place[..., None]) * over[..., None]
        gradient += moved * steps.gather(2, place[..., None]) * c[group, place]
        codes.scatter_add_(2, place[..., None], moved)
