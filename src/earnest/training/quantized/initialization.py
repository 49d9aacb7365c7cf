"""Initialization of a quantized run: at the codes that its recipe finds, or at what another run of the model learnt.

From the state of another run, weights that have the same widths here keep their codes and levels, and edges their
grids. Edges of other widths are calibrated on what was learnt; other weights are rounded by the recipe's methods, as
they were learnt and not as they were rounded:

    w = v R               v the share that was learnt of the range R, in which what was learnt of its levels is

So bits are lowered gradually, by one run after the other.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from earnest.errors import TrainingError
from earnest.integer.codes import CODE_BITS
from earnest.methods.catalogue import methods_of
from earnest.methods.gptq import own_weights
from earnest.nn.model import TwinModel
from earnest.pipeline import Prepared, Progress, recalibrate_, round_
from earnest.training.quantized.latents import QUANTIZERS, Latents, reals
from earnest.training.quantized.quantizers import LEARNED_LEVELS, LEVELS, OF_EDGES, WIDEST, Quantizer

MOST_BITS = 8


def initialize(ready: Prepared, twins: Sequence[TwinModel], progress: Progress | None) -> Latents:
    """Latents of calibrated twins, those of `ready` first, at the codes that its recipe finds."""
    round_(ready, progress)
    return Latents(twins)


def initialize_from(
    learnt: Mapping[str, Tensor], ready: Prepared, twins: Sequence[TwinModel], progress: Progress | None
) -> Latents:
    """The same at what another run learnt, which is written to the twins. TrainingError where that is the state of
    another model, or the recipe has a method that cannot round some weights alone.
    """
    before = _quantizers(learnt, twins[0])
    stays = _stays(before[0], twins[0])
    together = [method.name for method in methods_of(ready.recipe) if method.rounds_together]
    if together and not all(stays):  # what they round would make up for weights that stay
        raise TrainingError(f"start: expected methods that round each weight by itself, got {together[0]}")
    for twin in twins:
        _write_(learnt, before[0], stays, twin)
        recalibrate_(twin, ready.batches, progress)
    latents = Latents(twins) if all(stays) else initialize(ready, twins, progress)
    _take_up_(latents, learnt, stays)
    latents.quantizer(0).take_up_(before[0], stays)
    if len(twins) == 1:
        return latents
    others = [_stays(one, twin) for one, twin in zip(before[1:], twins[1:], strict=False)]
    if len(others) == len(twins) - 1 and all(map(all, [stays, *others])):
        for number, one in enumerate(others, start=1):
            latents.quantizer(number).take_up_(before[number], one)
    else:
        latents.quantizer(0).fold_()
    return latents


def _quantizers(learnt: Mapping[str, Tensor], twin: TwinModel) -> list[Quantizer]:
    """Those of a state, as many as it has. TrainingError where that is no state of latents of such twins."""
    weights = [own.weight.shape for own in own_weights(twin)]
    shapes = {f"shares.{number}": shape for number, shape in enumerate(weights)}
    shapes |= {f"reals.{number}": real.shape for number, real in enumerate(reals(twin))}
    _require(learnt, shapes)
    if {name for name in learnt if name.startswith(("shares.", "reals."))} != shapes.keys():
        raise TrainingError("start: expected the state of a run of the same model, got one of more weights")
    found = []
    while not found or f"{QUANTIZERS}.{len(found)}.widths" in learnt:
        at = f"{QUANTIZERS}.{len(found)}."
        tensors = {name.removeprefix(at): one for name, one in learnt.items() if name.startswith(at)}
        _require_quantizer(tensors, weights)
        found.append(Quantizer(tensors))
    return found


def _require_quantizer(tensors: Mapping[str, Tensor], weights: Sequence[torch.Size]) -> None:
    """TrainingError where they are not those of a quantizer of weights of these shapes."""
    _require(tensors, {"widths": torch.Size((len(weights), 2)), "edge_names": None})
    count = tensors["edge_names"].shape[:1]
    shapes = dict.fromkeys(OF_EDGES, count) | {"edge_grids": torch.Size((*count, 4))}
    for number, (shape, (bits, group)) in enumerate(zip(weights, tensors["widths"].tolist(), strict=True)):
        depth = shape[1:].numel()
        if not (1 <= bits <= MOST_BITS and 1 <= group <= depth):
            raise TrainingError(
                f"start: expected widths of 1 to {MOST_BITS} bits and groups of 1 to {depth}, got {bits} and {group}"
            )
        groups = torch.Size((shape[0], math.ceil(depth / group)))
        of_levels = (shape[:1], groups, torch.Size(()), shape[:1], groups)
        shapes |= dict(zip((form.format(number) for form in (*LEVELS, *LEARNED_LEVELS)), of_levels, strict=True))
        if LEARNED_LEVELS[1].format(number) not in tensors:
            del shapes[LEARNED_LEVELS[1].format(number)]
    _require(tensors, shapes)
    if unknown := set(tensors["edge_grids"][:, 0].tolist()) - set(CODE_BITS):
        raise TrainingError(f"start: expected edges of {CODE_BITS} bits, got {min(unknown)}")
    learned = torch.Size((int((tensors["edge_grids"][:, 0] <= WIDEST).sum()),))
    _require(tensors, {"edges": learned, "edge_zeros": learned})


def _require(tensors: Mapping[str, Tensor], shapes: Mapping[str, torch.Size | None]) -> None:
    for name, shape in shapes.items():
        got = "one without it" if name not in tensors else f"{list(tensors[name].shape)}"
        if name not in tensors or (shape is not None and tensors[name].shape != shape):
            wanted = name if shape is None else f"{name} of {list(shape)}"
            raise TrainingError(f"start: expected the state of a run of the same model, {wanted}, got {got}")
        whole = name in {"widths", "edge_names", "edge_grids"}
        if whole == tensors[name].is_floating_point() and not name.startswith(("multiplier", "odd")):
            raise TrainingError(f"start: expected {'whole' if whole else 'real'} numbers of {name}")


def _stays(before: Quantizer, twin: TwinModel) -> list[bool]:
    """Which weights had the bits and groups of a twin's, by a map that they may have there."""
    return [
        before.formats[number] == (own.weight_bits, own.weight_group) and before.weight_map(number) in own.weight_maps
        for number, own in enumerate(own_weights(twin))
    ]


@torch.no_grad()
def _write_(learnt: Mapping[str, Tensor], before: Quantizer, stays: Sequence[bool], twin: TwinModel) -> None:
    """Give a twin what was learnt: weights at their codes where these stay."""
    for number, (own, one) in enumerate(zip(own_weights(twin), stays, strict=True)):
        share = learnt[f"shares.{number}"]
        own.weight.copy_(before.weight(number, share) if one else before.unrounded(number, share))
    for number, parameter in enumerate(reals(twin)):
        parameter.copy_(learnt[f"reals.{number}"])


@torch.no_grad()
def _take_up_(latents: Latents, learnt: Mapping[str, Tensor], stays: Sequence[bool]) -> None:
    """The shares of weights that stay, and what is trained as it is, but for the biases of other weights."""
    for number, share in enumerate(latents.shares):
        if stays[number]:
            share.copy_(learnt[f"shares.{number}"])
    rounded = {bias for bias, one in zip(latents.biases, stays, strict=True) if not one}
    for number, real in enumerate(latents.reals):
        if number not in rounded:
            real.copy_(learnt[f"reals.{number}"])
