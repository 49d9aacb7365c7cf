"""Widths by measured sensitivity: each weight alone at the narrowest width, its loss spread over the others.

What a weight costs at b bits is what the model loses by it at the narrowest, times how much less its output errs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from earnest.methods.allocation import Choice, Width
from earnest.methods.fitting import rough_fit
from earnest.methods.gptq import grouped, own_weights, rounded_parameters
from earnest.methods.moments import Moments, moments
from earnest.methods.posteriors import Distance
from earnest.nn.model import TwinModel, run_real
from earnest.nn.parallel import Progress, counted, each
from earnest.nn.simulation import rerun
from earnest.nn.twin import Twin
from earnest.nn.twins.weighted import Weighted
from earnest.numerics.weight import largest_multiplier

NARROWEST = Width(2, 0)
"""At which losses are measured."""

WIDTHS = (*(Width(bits, group) for bits in (2, 3, 4, 5) for group in (0, 16, 8)), Width(6, 0), Width(8, 0))
"""Wider codes leave multipliers no room within int8."""

DIVERGENCE_SHARE = 0.02
"""How much a nat a frame of divergence weighs beside one a token of loss: it keeps what is lost above 0."""

Measure = Callable[[Tensor, Tensor], Distance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What one weight costs: measured at the narrowest width, and the error of its output at every width.
    `accumulates` are those of 1000 frames, with operands of `input_bits`.
    """

    path: str
    kind: str
    weights: int
    rows: int
    accumulates: float
    input_bits: int
    loss: float
    errors: Mapping[Width, float]

    def choices(self, cost: Callable[["Sensitivity", Width], float], bits: Sequence[int]) -> list[Choice]:
        """What each width of so many bits costs, and what the model loses by it."""
        narrowest = max(self.errors[NARROWEST], 1e-30)
        return [
            Choice(path=self.path, width=width, cost=cost(self, width), loss=self.loss * error / narrowest)
            for width, error in self.errors.items()
            if width.bits in bits
        ]

    def bytes(self, width: Width) -> float:
        """What codes and multipliers take in a file, at most."""
        most = largest_multiplier(width.bits, "symmetric")
        depth = self.weights // self.rows
        groups = -(-depth // width.group) if 0 < width.group < depth else 1
        return (self.weights * width.bits + self.rows * groups * max((most - 1).bit_length(), 1)) / 8


@torch.no_grad()
def sensitivities(
    model: TwinModel,
    batches: Sequence[Tensor],
    evaluated: Sequence[Tensor],
    measure: Measure,
    progress: Progress | None,
) -> list[Sensitivity]:
    """Of every weight of a model of twins: moments of `batches`, losses on `evaluated`, which may be fewer."""
    twins = own_weights(model)
    total = len(batches) + len(twins) + len(evaluated)
    frames = sum(batch.shape[1] for batch in batches)
    seen = moments(model, batches, [twin.path for twin in twins], counted(progress, total))
    narrow: dict[str, tuple[Tensor, ...]] = {}
    errors: dict[str, dict[Width, float]] = {}
    told = counted(progress, total, before=len(batches))
    for twin, found in zip(twins, each(lambda twin: _fits(twin, seen[twin.path]), twins, told), strict=True):
        errors[twin.path], narrow[twin.path] = found
    told = counted(progress, total, before=len(batches) + len(twins))
    lost = {twin.path: Distance() for twin in twins}
    for one in each(lambda x: _alone(model, x, narrow, measure), evaluated, told):
        lost = {path: lost[path] + one[path] for path in lost}
    return [
        Sensitivity(
            path=twin.path,
            kind=twin.kind,
            weights=twin.weight.numel(),
            rows=len(twin.weight),
            accumulates=1000 * twin.weight.numel() * seen[twin.path].positions / frames,
            input_bits=twin.multiplied.bits,
            loss=max(lost[twin.path].loss, 0.0) + DIVERGENCE_SHARE * lost[twin.path].divergence,
            errors=errors[twin.path],
        )
        for twin in twins
    ]


def _fits(twin: Weighted, seen: Moments) -> tuple[dict[Width, float], tuple[Tensor, ...]]:
    """The error of the output at every width, and the parameters at the narrowest."""
    weight, covariance = grouped(twin), seen.covariance
    errors: dict[Width, float] = {}
    parameters: tuple[Tensor, ...] = ()
    for width in WIDTHS:
        if width.group < weight.shape[2]:
            found = rough_fit(weight, covariance, width.bits, "symmetric", width.group or weight.shape[2])
            errors[width] = found.error
            if width == NARROWEST:
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
