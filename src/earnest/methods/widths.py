"""Widths by measured sensitivity: each weight alone at the narrowest width, its loss spread over the others.

What a weight costs at b bits is what the model loses by it at the narrowest, times how much less its output errs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from earnest.methods.allocation import Choice
from earnest.methods.fitting import rough_fit
from earnest.methods.moments import Moments, moments
from earnest.methods.posteriors import Distance
from earnest.methods.rounding import grouped, own_weights, rounded_parameters
from earnest.nn.model import TwinModel, run_real
from earnest.nn.parallel import each
from earnest.nn.simulation import rerun
from earnest.nn.twin import Twin
from earnest.nn.weighted import Weighted

WIDTHS = (2, 3, 4, 5, 6, 8)
DIVERGENCE_SHARE = 0.02
"""How much a nat a frame of divergence weighs beside one a token of loss: it keeps what is lost above 0."""

Measure = Callable[[Tensor, Tensor], Distance]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What one weight costs: measured at the narrowest width, and the error of its output at every width.
    `accumulates` are those of 1000 frames, with operands of `input_bits`.
    """

    path: str
    weights: int
    accumulates: float
    input_bits: int
    loss: float
    errors: Mapping[int, float]

    def choices(self, cost: Callable[["Sensitivity", int], float]) -> list[Choice]:
        """What each width costs, and what the model loses by it."""
        narrowest = self.errors[min(self.errors)]
        return [
            Choice(path=self.path, bits=bits, cost=cost(self, bits), loss=self.loss * error / max(narrowest, 1e-30))
            for bits, error in self.errors.items()
        ]


@torch.no_grad()
def sensitivities(
    model: TwinModel, batches: Sequence[Tensor], heard: Sequence[Tensor], measure: Measure, progress: Progress | None
) -> list[Sensitivity]:
    """Of every weight of a model of twins: moments of `batches`, losses on `heard`, which may be fewer."""
    twins = own_weights(model)
    total = len(batches) + len(twins) + len(heard)
    frames = sum(batch.shape[1] for batch in batches)
    told = None if progress is None else lambda done: progress(done, total)
    seen = moments(model, batches, [twin.path for twin in twins], told)
    narrow: dict[str, tuple[Tensor, ...]] = {}
    errors: dict[str, dict[int, float]] = {}
    for done, twin in enumerate(twins, start=len(batches) + 1):
        errors[twin.path], narrow[twin.path] = _fits(twin, seen[twin.path])
        if progress is not None:
            progress(done, total)
    before = len(batches) + len(twins)
    told = None if progress is None else lambda done: progress(before + done, total)
    lost = {twin.path: Distance() for twin in twins}
    for one in each(lambda x: _alone(model, x, narrow, measure), heard, told):
        lost = {path: lost[path] + one[path] for path in lost}
    return [
        Sensitivity(
            path=twin.path,
            weights=twin.weight.numel(),
            accumulates=1000 * twin.weight.numel() * seen[twin.path].positions / frames,
            input_bits=twin.operands[0].bits,
            loss=max(lost[twin.path].loss, 0.0) + DIVERGENCE_SHARE * lost[twin.path].divergence,
            errors=errors[twin.path],
        )
        for twin in twins
    ]


def _fits(twin: Weighted, seen: Moments) -> tuple[dict[int, float], tuple[Tensor, ...]]:
    """The error of the output at every width, and the parameters at the narrowest."""
    weight, covariance = grouped(twin), seen.covariance
    errors: dict[int, float] = {}
    parameters: tuple[Tensor, ...] = ()
    for bits in WIDTHS:
        found = rough_fit(weight, covariance, bits, "symmetric")
        errors[bits] = found.error
        if bits == min(WIDTHS):
            parameters = rounded_parameters(twin, found.weight, seen.mean)
    return errors, parameters


def _alone(
    model: TwinModel, features: Tensor, narrow: Mapping[str, tuple[Tensor, ...]], measure: Measure
) -> dict[str, Distance]:
    """What is lost on one recording by each weight at its narrowest."""
    symbols = model.symbols(features)
    values: dict[str, Tensor] = {}
    real = run_real(model, features, values.__setitem__)

    def with_narrow(twin: Twin, inputs: list[Tensor]) -> Tensor:
        return twin.real(inputs, narrow[twin.path], symbols)

    return {path: measure(real[0], rerun(model, values, {path: with_narrow}, symbols)[0]) for path in narrow}
