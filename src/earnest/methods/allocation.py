"""Allocation: the width of each weight and of its groups, for the least loss under a budget, by an integer program.

    minimise  sum_k sum_w L_k(w) z_kw    with  z_kw in {0, 1},  sum_w z_kw = 1,  sum_k sum_w cost_k(w) z_kw <= budget
    L_k(w) = L_k(w0) E_k(w) / E_k(w0)

L_k(w0) is measured: what the model loses when weight k alone has the width w0. E_k(w), the expected squared error of
its output at another width, is computed; that losses grow with it, and add, is what is assumed [Dong et al. 2021,
arXiv:2011.10680, eq. 6, whose trace of the Hessian the measurement stands for].
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from earnest.errors import CalibrationError


@dataclass(frozen=True, slots=True, order=True)
class Width:
    """Bits of each code, and how many weights share a multiplier; 0 stands for a whole row."""

    bits: int
    group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One width that one weight may have: what it costs and what the model loses by it, both in units of the caller."""

    path: str
    width: Width
    cost: float
    loss: float


def allocate(choices: Sequence[Choice], budget: float) -> dict[str, Width]:
    """The width of every path. CalibrationError where even the cheapest choices cost more than the budget."""
    paths = sorted({choice.path for choice in choices})
    cheapest = sum(min(choice.cost for choice in choices if choice.path == path) for path in paths)
    if cheapest > budget:
        raise CalibrationError(f"a budget of {budget:.6g}: expected at least {cheapest:.6g}, the least that there is")
    place = {path: row for row, path in enumerate(paths)}
    one = np.zeros((len(paths), len(choices)))
    one[[place[choice.path] for choice in choices], range(len(choices))] = 1
    losses = np.asarray([choice.loss for choice in choices])
    found = milp(
        losses / max(float(np.abs(losses).max()), 1e-300),
        constraints=[
            LinearConstraint(one, 1, 1),
            LinearConstraint(np.asarray([[choice.cost for choice in choices]]), -np.inf, budget),
        ],
        integrality=np.ones(len(choices)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-4, "time_limit": 60},
    )
    if found.x is None:
        raise CalibrationError(f"the integer program found no widths: {found.message}")
    return {choice.path: choice.width for choice, taken in zip(choices, found.x, strict=True) if taken > 0.5}
