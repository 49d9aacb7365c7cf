"""GPTQ on a model of twins: one pass of the float model over all recordings, then weight after weight."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from earnest.errors import CalibrationError
from earnest.methods.fitting import fit
from earnest.methods.moments import Moments, moments
from earnest.nn.model import TwinModel
from earnest.nn.weighted import Convolution, Weighted

Progress = Callable[[int, int], None]


@torch.no_grad()
def gptq_(model: TwinModel, batches: Sequence[Tensor], progress: Progress | None = None) -> TwinModel:
    """Round every weight of a calibrated model, and correct every bias; the model is returned.

    CalibrationError if there are no inputs, or if two calls share a weight, which is rounded for what reaches one.
    """
    if not batches:
        raise CalibrationError("expected at least one input, got none")
    twins = own_weights(model)
    total = len(batches) + len(twins)
    told = None if progress is None else lambda done: progress(done, total)
    found = moments(model, batches, [twin.path for twin in twins], told)
    for done, twin in enumerate(twins, start=len(batches) + 1):
        round_(twin, found[twin.path])
        if progress is not None:
            progress(done, total)
    return model


def own_weights(model: TwinModel) -> list[Weighted]:
    """The twins with weights; CalibrationError where two have the same one."""
    found: dict[int, Weighted] = {}
    for call in model.calls:
        twin = model.twin(call.name)
        if isinstance(twin, Weighted):
            if id(twin.weight) in found:
                first = found[id(twin.weight)].path
                raise CalibrationError(
                    f"{twin.path}: expected weights of its own, got those of {first}: leave out methods of the recipe"
                )
            found[id(twin.weight)] = twin
    return list(found.values())


def grouped(twin: Weighted) -> Tensor:
    """The weight as rows, [groups, out, depth], float64."""
    groups = twin.groups if isinstance(twin, Convolution) else 1
    return twin.weight.detach().double().reshape(groups, len(twin.weight) // groups, -1)


def round_(twin: Weighted, seen: Moments) -> None:
    """Give a twin the weights that come nearest to its float output, and the bias that keeps its mean."""
    weight = grouped(twin)
    found = fit(weight, seen.covariance, twin.weight_bits, twin.weight_maps)
    twin.weight_map = found.levels.weight_map
    twin.weight_scale.copy_(found.levels.scale.reshape(-1))
    shift = ((weight - found.weight) @ seen.mean[:, :, None]).reshape(-1)
    twin.weight.copy_(found.weight.reshape(twin.weight.shape).to(twin.weight.dtype))
    if twin.bias is None:
        twin.bias = nn.Parameter(shift.to(twin.weight.dtype))
    else:
        twin.bias.add_(shift.to(twin.bias.dtype))
