"""GPTQ on a model of twins: one pass of the float model over all recordings, then weight after weight."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from earnest.errors import CalibrationError
from earnest.methods.fitting import Fit, fit
from earnest.methods.method import Method
from earnest.methods.moments import Moments, moments
from earnest.nn.model import Inputs, TwinModel
from earnest.nn.parallel import Progress, counted, each
from earnest.nn.twins.weighted import Weighted


@torch.no_grad()
def gptq_(model: TwinModel, batches: Sequence[Inputs], progress: Progress | None = None) -> TwinModel:
    """Round every weight of a calibrated model, and correct every bias; the model is returned.

    CalibrationError if there are no inputs, or if two calls share a weight, which is rounded for what reaches one.
    """
    twins = own_weights(model)
    total = len(batches) + len(twins)
    found = moments(model, batches, [twin.path for twin in twins], counted(progress, total))
    told = counted(progress, total, before=len(batches))
    fits = each(lambda twin: fit_weight(twin, found[twin.path]), twins, told)
    for twin, best in zip(twins, fits, strict=True):
        round_(twin, best, found[twin.path])
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
    return twin.weight.detach().double().reshape(twin.groups, len(twin.weight) // twin.groups, -1)


def weighted(model: TwinModel, path: str) -> Weighted:
    """The twin with weights at a path."""
    twin = model.twin(path)
    if not isinstance(twin, Weighted):
        raise TypeError(f"{path}: expected weights, got {twin}")
    return twin


def quantized_codes(twin: Weighted) -> tuple[Tensor, Tensor]:
    """Codes of a weight and the step of each, [groups, out, depth], float64."""
    shape = grouped(twin).shape
    codes = torch.from_numpy(twin.law().weight)  # type: ignore[attr-defined]
    return codes.double().reshape(shape), torch.from_numpy(twin.steps()).reshape(shape)


def rounded_parameters(twin: Weighted, weight: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """A weight [groups, out, depth] in the shape of the twin's, and the bias b + (W - Q) m that keeps its mean."""
    dtype = twin.weight.dtype
    shift = ((grouped(twin) - weight) @ mean[:, :, None]).reshape(-1).to(dtype)
    return weight.reshape(twin.weight.shape).to(dtype), shift if twin.bias is None else twin.bias + shift


def fit_weight(twin: Weighted, seen: Moments) -> Fit:
    """The weights of a twin's levels that come nearest to its float output."""
    return fit(grouped(twin), seen.covariance, twin.weight_bits, twin.weight_maps, twin.weight_group)


def round_(twin: Weighted, found: Fit, seen: Moments) -> None:
    """Give a twin weights that were found, and the bias that keeps its mean."""
    weight, bias = rounded_parameters(twin, found.weight, seen.mean)
    twin.weight_map = found.levels.weight_map
    twin.weight_scale.copy_(found.levels.scale.reshape(-1))
    twin.group_multiplier.copy_(found.levels.multiplier.flatten(0, 1))
    set_parameters_(twin, weight, bias)


@torch.no_grad()
def set_parameters_(twin: Weighted, weight: Tensor, bias: Tensor) -> None:
    """Give a twin a weight, and a bias also where it had none."""
    twin.weight.copy_(weight)
    if twin.bias is None:
        twin.bias = nn.Parameter(bias)
    else:
        twin.bias.copy_(bias)


METHODS = (Method(name="gptq", stage="after calibration", apply=lambda at, told: gptq_(at.twin, at.batches, told)),)
