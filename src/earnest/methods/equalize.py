"""Equalization on a model of twins, before it is calibrated."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from earnest.methods.equalization_pairs import EqualizationPair, equalization_pairs
from earnest.methods.equalize_core import Reading, factors
from earnest.methods.gptq import grouped, own_weights
from earnest.methods.method import Method
from earnest.methods.moments import Moments, moments
from earnest.nn.model import Inputs, TwinModel
from earnest.nn.parallel import Progress, counted
from earnest.nn.twins.weighted import Weighted


@torch.no_grad()
def equalize_(model: TwinModel, batches: Sequence[Inputs], progress: Progress | None = None) -> TwinModel:
    """Scale the channels of every equalization pair; the float model stays the same function. The model is returned.

    CalibrationError if there are no inputs, or if two calls share a weight.
    """
    own_weights(model)
    found = equalization_pairs(model)
    total = len(batches) + len(found)
    paths = [reader.path for pair in found for reader in pair.readers]
    seen = moments(model, batches, paths, counted(progress, total))
    for done, pair in enumerate(found, start=len(batches) + 1):
        _scale_(pair, seen)
        if progress is not None:
            progress(done, total)
    return model


def _scale_(pair: EqualizationPair, seen: Mapping[str, Moments]) -> None:
    low, high = torch.zeros(pair.channels).double(), torch.zeros(pair.channels).double()
    readings = []
    for reader in pair.readers:
        own, columns = seen[reader.path], _columns(reader)
        low.scatter_reduce_(0, columns.reshape(-1), own.low.double().reshape(-1), reduce="amin")
        high.scatter_reduce_(0, columns.reshape(-1), own.high.double().reshape(-1), reduce="amax")
        reading = Reading(
            weight=grouped(reader),
            covariance=own.covariance,
            columns=columns,
            bits=reader.weight_bits,
            weight_map=reader.weight_maps[0],
            group=reader.weight_group,
            input_bits=reader.operands[0].bits,
        )
        readings.append(reading)
    pair.scale_(factors(readings, low, high))


def _columns(reader: Weighted) -> Tensor:
    """The channel that each column of a reader's rows comes from, [groups, depth]."""
    _, depth, *taps = reader.weight.shape
    groups, size = reader.groups, torch.Size(taps).numel()
    return torch.arange(groups * depth).reshape(groups, depth, 1).expand(groups, depth, size).reshape(groups, -1)


METHODS = (
    Method(name="equalize", stage="before calibration", apply=lambda at, told: equalize_(at.twin, at.batches, told)),
)
