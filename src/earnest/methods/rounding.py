"""GPTQ on a model of twins: one walk over the graph with all recordings at once, each weight rounded for what really
reaches it, after everything before it is quantized.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from earnest.errors import CalibrationError
from earnest.integer.dimension import Symbols
from earnest.methods.fitting import fit
from earnest.methods.gptq import refitted
from earnest.methods.moments import Moments, moments_of
from earnest.nn.model import TwinModel, walk
from earnest.nn.parallel import each
from earnest.nn.simulation import simulated
from earnest.nn.twin import Twin
from earnest.nn.weighted import Convolution, Weighted

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """A value for every recording: in the float model, and as codes give it."""

    reals: list[Tensor]
    coded: list[Tensor]


@torch.no_grad()
def gptq_(model: TwinModel, batches: Sequence[Tensor], progress: Progress | None = None) -> TwinModel:
    """Round every weight of a calibrated model, and correct every bias; the model is returned.

    CalibrationError if there are no inputs, or if two calls share a weight, which is rounded for what reaches one.
    """
    if not batches:
        raise CalibrationError("expected at least one input, got none")
    symbols = [model.symbols(batch) for batch in batches]
    total, done = len(own_weights(model)), 0

    def compute(twin: Twin, inputs: list[Both]) -> Both:
        nonlocal done
        reals = _each([value.reals for value in inputs], symbols, twin.real, twin.trainable())
        if isinstance(twin, Weighted):
            round_(twin, moments_of(twin, inputs[0].reals, inputs[0].coded))
            done += 1
            if progress is not None:
                progress(done, total)

        def run(operands: list[Tensor], parameters: Sequence[Tensor], at: Symbols) -> Tensor:
            return simulated(twin, operands, parameters, at)

        return Both(reals=reals, coded=_each([value.coded for value in inputs], symbols, run, twin.quantized()))

    first = Both(reals=list(batches), coded=[model.input.nearest(batch) for batch in batches])
    walk(model, first, compute, None)
    return model


def _each(
    operands: list[list[Tensor]],
    symbols: Sequence[Symbols],
    run: Callable[[list[Tensor], Sequence[Tensor], Symbols], Tensor],
    parameters: Sequence[Tensor],
) -> list[Tensor]:
    """One operator on every recording."""
    indices = range(len(symbols))
    return list(each(lambda index: run([operand[index] for operand in operands], parameters, symbols[index]), indices))


def own_weights(model: TwinModel) -> list[Weighted]:
    """The twins with weights; CalibrationError where two have the same one."""
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


def round_(twin: Weighted, moments: Moments) -> None:
    """Give a twin the weights and the bias that come nearest to its float output."""
    groups = twin.groups if isinstance(twin, Convolution) else 1
    weight = twin.weight.detach().double().reshape(groups, len(twin.weight) // groups, -1)
    c, d = moments.covariances
    found = fit(refitted(weight, c, d), c, twin.weight_bits, twin.weight_maps)
    twin.weight_map = found.levels.weight_map
    twin.weight_scale.copy_(found.levels.scale.reshape(-1))
    before, after = moments.means
    shift = (weight @ before[:, :, None] - found.weight @ after[:, :, None]).reshape(-1)
    _set_(twin, found.weight.reshape(twin.weight.shape), shift)


def _set_(twin: Weighted, weight: Tensor, shift: Tensor) -> None:
    twin.weight.copy_(weight.to(twin.weight.dtype))
    if twin.bias is None:
        twin.bias = nn.Parameter(shift.to(twin.weight.dtype))
    else:
        twin.bias.add_(shift.to(twin.bias.dtype))
