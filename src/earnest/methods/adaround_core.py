"""AdaRound: each weight goes to the level below it or to the one above, whichever a relaxation between them ends at.

    W~ = L + u h(V),   h(V) = clip(1.2 sigmoid(V) - 0.1, 0, 1)
    minimise  F(W~) / F(Q) + strength * mean(1 - |2 h(V) - 1|^beta)    [Nagel et al. 2020, arXiv:2004.10568, eq. 21-25]

over V, with L the lower of two neighbouring levels, u their distance, Q the levels from which it starts, and beta going
from 20, where only shares next to 0 and 1 are drawn there, to 2, where all are. By layer F is, as for GPTQ,
tr (W - W~) C (W - W~)^T: all rows at once, and no sample of them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from earnest.integer.codes import weight_limit
from earnest.methods.descent import output_error

_STRETCH, _EDGE = 1.2, 0.1
"""zeta - gamma and -gamma of the paper: shares reach 0 and 1."""

_STEEPEST, _FLATTEST = 20.0, 2.0
"""beta at first and at last."""

Gradients = Callable[[int, list[Tensor]], list[Tensor]]
"""The gradients of F(W~) / F(Q) with respect to weights, at a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How many steps, how far a latent goes in one, what share of them no latent is drawn to its ends, and how strongly
    they are then. `trust` says where it starts: 0 at the real weights, 1 at the levels that another method found.
    """

    steps: int
    rate: float
    free: float
    strength: float
    trust: float

    def beta(self, step: int) -> float | None:
        """The exponent of the regulariser at a step; None where there is none yet."""
        begin = self.free * self.steps
        if step < begin:
            return None
        done = (step - begin) / max(self.steps - begin, 1)
        return _FLATTEST + (_STEEPEST - _FLATTEST) * 0.5 * (1 + math.cos(math.pi * done))


BY_LAYER = Schedule(steps=400, rate=0.02, free=0.2, strength=30.0, trust=0.0)


def shares(latent: Tensor) -> Tensor:
    """h(V)."""
    return (_STRETCH * torch.sigmoid(latent) - _EDGE).clamp(0, 1)


def latents(share: Tensor) -> Tensor:
    """V with h(V) = share."""
    return torch.logit((share + _EDGE) / _STRETCH)


def undecided(share: Tensor, beta: float) -> Tensor:
    """The mean of 1 - |2 h - 1|^beta: 0 where every share is 0 or 1, 1 where all are halves."""
    return 1 - (2 * share - 1).abs().pow(beta).mean()


class Relaxed:
    """Weights between two neighbouring levels each, as float32. One of the levels is `found`, the other its neighbour
    toward the real weight.
    """

    def __init__(
        self, wanted: Tensor, found: Tensor, steps: Tensor, *, bits: int, weight_map: str, trust: float
    ) -> None:
        apart = 2 if weight_map == "odd" else 1
        limit = weight_limit(bits, weight_map)
        codes = torch.round(found / steps)
        lower = torch.where(wanted > found, codes, codes - apart).clamp(-limit, limit - apart)
        share = ((wanted / steps - lower) / apart).clamp(0, 1)
        share = share + trust * ((codes - lower) / apart - share)
        self._lower, self._unit = lower * steps, apart * steps
        self._low, self._wide = self._lower.float(), self._unit.float()
        self.latent = latents(share.float()).requires_grad_()

    def soft(self) -> Tensor:
        """W~ of the shares as they are."""
        return self._low + self._wide * shares(self.latent)

    @torch.no_grad()
    def hard(self) -> Tensor:
        """W~ of the nearest shares that are 0 or 1, float64: levels."""
        return self._lower + self._unit * (self.latent > 0)


def settle_(weights: Sequence[Relaxed], gradients: Gradients, schedule: Schedule) -> None:
    """Move relaxed weights to where F is least, and then to their levels. The gradients of F are asked for at each
    step; Adam takes them [Kingma and Ba 2015, arXiv:1412.6980].
    """
    optimizer = torch.optim.Adam([each.latent for each in weights], lr=schedule.rate)
    count = sum(each.latent.numel() for each in weights)
    for step in range(schedule.steps):
        with torch.enable_grad():
            soft = [each.soft() for each in weights]
            leaves = [one.detach() for one in soft]
            beta = schedule.beta(step)
            penalties = (
                [] if beta is None else [_regularizer(each, beta, schedule.strength / count) for each in weights]
            )
        optimizer.zero_grad()
        given = gradients(step, leaves)
        torch.autograd.backward([*soft, *penalties], [*given, *(torch.ones_like(one) for one in penalties)])
        optimizer.step()


def _regularizer(weight: Relaxed, beta: float, strength: float) -> Tensor:
    return strength * weight.latent.numel() * undecided(shares(weight.latent), beta)


def adaround(
    wanted: Tensor,
    found: Tensor,
    c: Tensor,
    steps: Tensor,
    *,
    bits: int,
    weight_map: str,
    schedule: Schedule = BY_LAYER,
) -> Tensor:
    """Quantized weights [groups, out, depth] for real ones, from those that were `found`, the step of each, and the
    damped covariance C of their inputs. A row whose error would be greater stays as it was found.
    """
    relaxed = Relaxed(wanted, found, steps, bits=bits, weight_map=weight_map, trust=schedule.trust)
    before = output_error(wanted, found, c)
    real, covariance = wanted.float(), (2 * c / before.sum().clamp_min(torch.finfo(c.dtype).tiny)).float()
    settle_([relaxed], lambda _, weights: [(weights[0] - real) @ covariance], schedule)
    hard = relaxed.hard()
    better = output_error(wanted, hard, c) < before
    return torch.where(better[..., None], hard, found)
