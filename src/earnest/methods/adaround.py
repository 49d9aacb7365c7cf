"""AdaRound on a model of twins: weight after weight, or block after block of the graph."""

from collections.abc import Sequence

import torch
from torch import Tensor

from earnest.errors import CalibrationError
from earnest.integer.dimension import TIME
from earnest.methods.adaround_core import BY_LAYER, Schedule, adaround
from earnest.methods.blocks import Block, blocks
from earnest.methods.gptq import grouped, own_weights, quantized_codes, rounded_parameters, set_parameters_, weighted
from earnest.methods.gptq_core import damp
from earnest.methods.method import Method
from earnest.methods.moments import moments
from earnest.methods.reconstruction import (
    BY_BLOCK,
    Recording,
    block_error,
    pass_on_,
    reconstruct,
    set_goals_,
    start_recording,
)
from earnest.nn.model import Inputs, TwinModel
from earnest.nn.parallel import Progress, counted, each, one_torch_thread
from earnest.nn.twins.weighted import Weighted

MOST_FRAMES = 600
"""Frames of a recording that blocks are reconstructed on: half as many take a quarter of the time in attention."""


@torch.no_grad()
def adaround_(
    model: TwinModel,
    real: TwinModel,
    batches: Sequence[Inputs],
    progress: Progress | None = None,
    schedule: Schedule = BY_LAYER,
) -> TwinModel:
    """Round every weight of a calibrated model down or up, each for its own output. `real` is the same graph with the
    float weights. The model is returned.

    CalibrationError if there are no inputs, or if two calls share a weight.
    """
    twins = own_weights(model)
    total = len(batches) + len(twins)
    seen = moments(real, batches, [twin.path for twin in twins], counted(progress, total))
    told = counted(progress, total, before=len(batches))

    def one(twin: Weighted) -> Tensor:
        wanted = grouped(weighted(real, twin.path))
        codes, steps = quantized_codes(twin)
        c = damp(seen[twin.path].covariance)
        kind = {"bits": twin.weight_bits, "weight_map": twin.weight_map}
        return adaround(wanted, codes * steps, c, steps, **kind, schedule=schedule)

    with one_torch_thread():
        for twin, weight in zip(twins, each(one, twins, told), strict=True):
            set_parameters_(twin, *rounded_parameters(twin, weight, seen[twin.path].mean))
    return model


@torch.no_grad()
def adaround_blocks_(
    model: TwinModel,
    real: TwinModel,
    batches: Sequence[Inputs],
    progress: Progress | None = None,
    schedule: Schedule = BY_BLOCK,
) -> TwinModel:
    """The same, all weights of a block together for what the block makes, with what the rounded blocks before it make.

    CalibrationError if there are no inputs, or if two calls share a weight.
    """
    own_weights(model)
    if not batches:
        raise CalibrationError("expected at least one input, got none")
    with one_torch_thread():
        recordings = [start_recording(model, real, _part(model, batch)) for batch in batches]
        parts = blocks(model)
        for done, block in enumerate(parts, start=1):
            _settle_(model, real, block, recordings, schedule)
            pass_on_(model, block, recordings, {name for later in parts[done:] for name in later.reads})
            if progress is not None:
                progress(done, len(parts))
    return model


def _part(model: TwinModel, batch: Inputs) -> Inputs:
    """The middle of a recording, where it is longer than that; a decoder reads all, for its tokens are of all."""
    if not isinstance(batch, Tensor):
        return batch
    axis = model.input_shape.index(TIME)
    longest = max(MOST_FRAMES, model.shortest)
    return batch.narrow(axis, max(batch.shape[axis] - longest, 0) // 2, min(batch.shape[axis], longest))


def _settle_(
    model: TwinModel, real: TwinModel, block: Block, recordings: Sequence[Recording], schedule: Schedule
) -> None:
    """Round the weights of one block; they stay at the codes where they were if what it makes would not come nearer."""
    means = set_goals_(real, block, recordings)
    twins = {path: weighted(model, path) for path in means}
    for path, twin in twins.items():
        codes, steps = quantized_codes(twin)
        set_parameters_(twin, *rounded_parameters(twin, codes * steps, means[path]))
    before = block_error(model, block, recordings)
    if not twins or before == 0:
        return
    found = {path: [parameter.detach().clone() for parameter in twin.trainable()] for path, twin in twins.items()}
    for path, weight in reconstruct(model, real, block, recordings, means, before, schedule).items():
        set_parameters_(twins[path], *rounded_parameters(twins[path], weight, means[path]))
    if block_error(model, block, recordings) >= before:
        for path, twin in twins.items():
            set_parameters_(twin, *found[path])


METHODS = (
    Method(
        name="adaround",
        stage="after calibration",
        apply=lambda at, told: adaround_(at.twin, at.real, at.batches, told),
        against_real=True,
    ),
    Method(
        name="adaround-block",
        stage="after calibration",
        apply=lambda at, told: adaround_blocks_(at.twin, at.real, at.batches, told),
        against_real=True,
        rounds_together=True,
    ),
)
