"""Accumulators on a model of twins: weights whose sums a device cannot hold are shrunk until it can."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from earnest.errors import NumericsError
from earnest.integer.law.recurrence import Recurrence
from earnest.integer.law.weighted import WeightedSums
from earnest.integer.program.target import Target
from earnest.integer.program.verifier import verify
from earnest.methods.accumulators_core import Need, shrink
from earnest.methods.gptq import grouped, own_weights, quantized_codes, rounded_parameters, weighted
from earnest.methods.gptq_core import damp
from earnest.methods.levels import Levels
from earnest.methods.method import Method
from earnest.methods.moments import Moments, moments
from earnest.nn.lowering import lower
from earnest.nn.model import Inputs, TwinModel
from earnest.nn.parallel import Progress
from earnest.nn.twins.weighted import Weighted

_WIDEST = 64
_SLACK = 2
"""Units of the accumulator that the rounding of a bias may add."""


@torch.no_grad()
def accumulate_(
    model: TwinModel, batches: Sequence[Inputs], target: Target, progress: Progress | None = None
) -> TwinModel:
    """Shrink the rows of a calibrated model whose sums its target's accumulators cannot hold; the model is returned.

    Rows that fit stay as they are. Sums that no weight decides, as those of a product of two activations, are left to
    the verifier. CalibrationError if there are no inputs where they are needed, or if two calls share a weight;
    NumericsError where a row cannot fit.
    """
    own_weights(model)
    over = _over(model, target)
    found = moments(model, batches, list(over)) if over else {}
    for done, (path, magnitude) in enumerate(over.items(), start=1):
        try:
            _shrink_(weighted(model, path), found[path], magnitude, target.accumulator_bits)
        except NumericsError as error:
            raise NumericsError(f"{path}: {error}; {target.accumulator_bits}-bit accumulators") from error
        if progress is not None:
            progress(done, len(over))
    return model


def _over(model: TwinModel, target: Target) -> dict[str, int]:
    """The twins whose sums may be too wide, and the largest |code| of what each multiplies."""
    program = lower(model, {})
    domains = verify(program, replace(target, accumulator_bits=_WIDEST)).domains
    found = {}
    for step in program.steps:
        if isinstance(step.operator, WeightedSums):
            multiplied = step.name if isinstance(step.operator, Recurrence) else step.inputs[0]
            magnitude = domains[multiplied].magnitude
            if step.operator.largest_sum(magnitude) >= 1 << (target.accumulator_bits - 1):
                found[step.name] = magnitude
    return found


def _shrink_(twin: Weighted, seen: Moments, magnitude: int, bits: int) -> None:
    wanted, (codes, _) = grouped(twin), quantized_codes(twin)
    levels = Levels(
        bits=twin.weight_bits,
        weight_map=twin.weight_map,
        scale=twin.effective_scale().reshape(wanted.shape[:2]),
        multiplier=twin.group_multiplier.reshape(*wanted.shape[:2], -1),
        group=twin.weight_group,
    )
    need = _need(twin, wanted, seen.mean, magnitude, (1 << (bits - 1)) - 1 - _SLACK)
    found, growth = shrink(wanted, codes, damp(seen.covariance), levels, need)
    rows = ((found != codes).any(dim=2) | (growth != 1)).reshape(-1)
    levels = levels.scaled(growth)
    weight, bias = rounded_parameters(twin, found * levels.steps(wanted.shape[2]), seen.mean)
    twin.weight_scale[rows] = levels.scale.reshape(-1)[rows]
    twin.weight[rows] = weight[rows]
    if twin.bias is None:
        twin.bias = nn.Parameter(torch.zeros_like(bias))
    twin.bias[rows] = bias[rows]
    law = twin.law()
    assert isinstance(law, WeightedSums)
    if law.largest_sum(magnitude) >= 1 << (bits - 1):
        raise NumericsError(f"expected sums below 2^{bits - 1}, got {law.largest_sum(magnitude)}")


def _need(twin: Weighted, wanted: Tensor, mean: Tensor, magnitude: int, most: int) -> Need:
    """The folded bias moves with the codes: it holds the zero point of the input, and keeps the mean of the output."""
    grid = twin.multiplied.grid
    bias = torch.zeros(len(twin.weight)) if twin.bias is None else twin.bias.detach()
    bias = bias.double().reshape(wanted.shape[:2])

    def need(units: Tensor, scale: Tensor) -> Tensor:
        real = bias + ((wanted - units * scale[..., None]) @ mean[:, :, None])[..., 0]
        folded = real / (grid.scale * scale) - grid.zero_point * units.sum(dim=2)
        return (magnitude * units.abs().sum(dim=2) + folded.abs()) / most

    return need


METHODS = (
    Method(
        name="accumulators",
        stage="after calibration",
        apply=lambda at, told: accumulate_(at.twin, at.batches, at.target, told),
    ),
)
