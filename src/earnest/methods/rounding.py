"""GPTQ on a model of twins: one walk over the graph with all recordings at once, each weight rounded for what really
reaches it, after everything before it is quantized.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from earnest.errors import CalibrationError
from earnest.integer.codes import weight_limit
from earnest.integer.dimension import Symbols
from earnest.methods.gptq import gptq, refitted, scales_by_output
from earnest.methods.moments import Moments, moments_of
from earnest.nn.model import TwinModel, walk
from earnest.nn.twin import Twin
from earnest.nn.weighted import Convolution, Weighted
from earnest.numerics.grid import SMALLEST_SCALE
from earnest.numerics.weight import weight_codes

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """A value for every recording: in float, and as a carrier of codes."""

    reals: list[Tensor]
    carriers: list[Tensor]


@torch.no_grad()
def gptq_(model: TwinModel, batches: Sequence[Tensor], progress: Progress | None = None) -> TwinModel:
    """Round every weight of a calibrated model, and correct every bias; the model is returned.

    CalibrationError if there are no inputs, or if two calls share a weight, which is rounded for what reaches one.
    """
    if not batches:
        raise CalibrationError("expected at least one input, got none")
    symbols = [model.symbols(batch) for batch in batches]
    total, done = len(_weighted(model)), 0

    def compute(twin: Twin, inputs: list[Both]) -> Both:
        nonlocal done
        parameters = twin.trainable()
        reals = [
            twin.real([value.reals[index] for value in inputs], parameters, symbols[index])
            for index in range(len(batches))
        ]
        if isinstance(twin, Weighted):
            coded = [twin.operands[0].real(carrier) for carrier in inputs[0].carriers]
            round_(twin, moments_of(twin, inputs[0].reals, coded))
            done += 1
            if progress is not None:
                progress(done, total)
        return Both(reals=reals, carriers=_run(twin, inputs, symbols))

    first = Both(reals=list(batches), carriers=[model.encode(batch) for batch in batches])
    walk(model, first, compute, None)
    return model


def _weighted(model: TwinModel) -> list[Weighted]:
    """The twins with weights, each of them with its own."""
    found: dict[int, Weighted] = {}
    for call in model.calls:
        twin = model.twin(call.name)
        if isinstance(twin, Weighted):
            if id(twin.weight) in found:
                first = found[id(twin.weight)].path
                raise CalibrationError(
                    f"{twin.path}: expected weights of its own, got those of {first}: leave out gptq"
                )
            found[id(twin.weight)] = twin
    return list(found.values())


def _run(twin: Twin, inputs: list[Both], symbols: list[Symbols]) -> list[Tensor]:
    return [twin.run([value.carriers[index] for value in inputs], each) for index, each in enumerate(symbols)]


def round_(twin: Weighted, moments: Moments) -> None:
    """Give a twin the weights and the bias that come nearest to its float output."""
    groups = twin.groups if isinstance(twin, Convolution) else 1
    weight = twin.weight.detach().double().reshape(groups, len(twin.weight) // groups, -1)
    c, d = moments.covariances
    wanted = refitted(weight, c, d)
    rows = wanted.flatten(0, 1).numpy()
    importance = torch.diagonal(c, dim1=1, dim2=2)[:, None].expand_as(weight).flatten(0, 1).numpy()
    bits, map_ = twin.weight_bits, twin.weight_map
    full = np.maximum(np.abs(rows).max(axis=1) / weight_limit(bits, map_), SMALLEST_SCALE)
    twin.weight_scale.copy_(torch.from_numpy(scales_by_output(rows, importance, full, bits, map_)))
    scale = twin.effective_scale().double().reshape(groups, -1)

    def rounded(column: Tensor, index: Tensor) -> Tensor:
        del index
        flat = column.reshape(-1).numpy()
        codes = weight_codes(flat, scale.reshape(-1).numpy(), bits=bits, weight_map=map_)
        return (torch.from_numpy(codes.astype(np.float64)) * scale.reshape(-1)).reshape(column.shape)

    found = gptq(wanted, c, rounded)
    before, after = moments.means
    shift = (weight @ before[:, :, None] - found @ after[:, :, None]).reshape(-1)
    _set_(twin, found.reshape(twin.weight.shape), shift)


def _set_(twin: Weighted, weight: Tensor, shift: Tensor) -> None:
    twin.weight.copy_(weight.to(twin.weight.dtype))
    if twin.bias is None:
        twin.bias = nn.Parameter(shift.to(twin.weight.dtype))
    else:
        twin.bias.add_(shift.to(twin.bias.dtype))
