"""Reconstruction: the weights of a block rounded together, so that it makes what it makes in the float model.

    F = sum over the block's outputs of  E |B(x; W) - B'(x'; W~)|^2 / E |B(x; W)|^2        [Li 2021, arXiv:2102.05426]
    x'_i = x_i or q_i, each as likely                                                     [Wei 2022, arXiv:2203.05740]

B is the float block on the float model's values x, B' the block whose every result is rounded to its grid, q what the
quantized blocks before it make. The goal is made from x: one that is made from q would have the weights make up for
noise, which draws outputs toward their mean (docs/results.md). Biases keep the means: b' = b + (W - W~) E[x].
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import torch
from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.program.program import INPUT
from earnest.methods.adaround_core import Relaxed, Schedule, settle_
from earnest.methods.blocks import Block, fixed
from earnest.methods.gptq import grouped, quantized_codes, weighted
from earnest.methods.moments import rows_of
from earnest.nn.model import Inputs, TwinModel
from earnest.nn.parallel import each
from earnest.nn.simulation import simulated
from earnest.nn.twin import Twin
from earnest.nn.twins.weighted import Weighted

BY_BLOCK = Schedule(steps=80, rate=0.06, free=0.2, strength=1.0, trust=0.8)

TOGETHER = 2
"""Recordings a step."""

_KEPT = 0.5
"""How likely each value that a block reads is the float model's."""

Values = dict[str, Tensor]
Compute = Callable[[Twin, list[Tensor]], Tensor]


@dataclass(slots=True, kw_only=True)
class Recording:
    """One recording on its way through the blocks: the values at hand, in the float model and in the quantized one."""

    symbols: Symbols
    real: Values
    coded: Values
    goal: Values = field(default_factory=dict)


def run(model: TwinModel, block: Block, values: Mapping[str, Tensor], compute: Compute) -> Values:
    """What a block makes of the values that it reads."""
    known = {name: values[name] for name in block.reads}
    for call in block.calls:
        known[call.name] = compute(model.twin(call.name), [known[name] for name in call.inputs])
    return {name: known[name] for name in block.makes}


def run_coded(
    model: TwinModel,
    block: Block,
    values: Mapping[str, Tensor],
    symbols: Symbols,
    given: Mapping[str, tuple[Tensor, ...]] | None = None,
) -> Values:
    """What a block makes where every result is rounded to its grid; some weights may be `given`."""
    other = given or {}
    return run(
        model, block, values, lambda twin, x: simulated(twin, x, other.get(twin.path) or twin.trainable(), symbols)
    )


def start_recording(model: TwinModel, real: TwinModel, batch: Inputs) -> Recording:
    """A recording before the first block: its input, and what depends on no input."""
    symbols = model.symbols(batch)
    read = model.read(batch)
    recording = Recording(symbols=symbols, real=read, coded={**read, INPUT: model.input.nearest(read[INPUT])})
    for call in fixed(model):
        before, twin = [recording.real[name] for name in call.inputs], real.twin(call.name)
        recording.real[call.name] = twin.real(before, twin.trainable(), symbols)
        twin, before = model.twin(call.name), [recording.coded[name] for name in call.inputs]
        recording.coded[call.name] = simulated(twin, before, twin.trainable(), symbols)
    return recording


def pass_on_(model: TwinModel, block: Block, recordings: Sequence[Recording], needed: Container[str]) -> None:
    """Take every recording, whose goals are set, through a block; what is not `needed` behind it is dropped."""
    made = each(lambda one: run_coded(model, block, one.coded, one.symbols), recordings)
    for recording, values in zip(recordings, made, strict=True):
        for known, new in ((recording.real, recording.goal), (recording.coded, values)):
            known.update(new)
            for name in [name for name in known if name not in needed]:
                del known[name]


def set_goals_(real: TwinModel, block: Block, recordings: Sequence[Recording]) -> dict[str, Tensor]:
    """Have every recording know what the float block makes of it; returned is the mean, [groups, depth], of the rows
    that each weight multiplies.
    """

    def pass_on(recording: Recording) -> tuple[Values, dict[str, tuple[Tensor, int]]]:
        sums: dict[str, tuple[Tensor, int]] = {}

        def compute(twin: Twin, inputs: list[Tensor]) -> Tensor:
            made = twin.real(inputs, twin.trainable(), recording.symbols)
            if isinstance(twin, Weighted):
                rows = rows_of(twin, inputs[0], made)
                sums[twin.path] = rows.double().sum(dim=1), rows.shape[1]
            return made

        return run(real, block, recording.real, compute), sums

    total: dict[str, tuple[Tensor, int]] = {}
    for recording, (goal, sums) in zip(recordings, each(pass_on, recordings), strict=True):
        recording.goal = goal
        for path, (rows, count) in sums.items():
            before = total.get(path, (torch.zeros_like(rows), 0))
            total[path] = before[0] + rows, before[1] + count
    return {path: rows / count for path, (rows, count) in total.items()}


def block_error(model: TwinModel, block: Block, recordings: Sequence[Recording]) -> float:
    """F on quantized values, with the weights as they are."""

    def one(recording: Recording) -> float:
        made = run_coded(model, block, recording.coded, recording.symbols)
        return float(_far(made, recording.goal))

    return sum(each(one, recordings)) / len(recordings)


def _far(made: Values, goal: Values) -> Tensor:
    smallest = torch.finfo(torch.float32).tiny
    far = [(made[name] - goal[name]).square().mean() / goal[name].square().mean().clamp_min(smallest) for name in goal]
    return torch.stack(far).sum()


def reconstruct(
    model: TwinModel,
    real: TwinModel,
    block: Block,
    recordings: Sequence[Recording],
    means: Mapping[str, Tensor],
    before: float,
    schedule: Schedule,
) -> dict[str, Tensor]:
    """The quantized weight [groups, out, depth], float64, of every weight in a block whose F was so much `before`; the
    model is left as it is.
    """
    twins = {path: weighted(model, path) for path in means}
    weights = [relax(twin, grouped(weighted(real, path)), schedule.trust) for path, twin in twins.items()]
    generator = torch.Generator().manual_seed(0)

    def of_one(recording: Recording, soft: list[Tensor]) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            leaves = [weight.clone().requires_grad_() for weight in soft]
            given = {
                path: _parameters(twin, leaf, means[path])
                for (path, twin), leaf in zip(twins.items(), leaves, strict=True)
            }
            made = run_coded(model, block, recording.coded, recording.symbols, given)
            loss = _far(made, recording.goal) / (before * TOGETHER)
            return torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)

    def gradients(_: int, soft: list[Tensor]) -> list[Tensor]:
        chosen = torch.randint(len(recordings), (TOGETHER,), generator=generator).tolist()
        mixed = [replace(recordings[index], coded=_mixed(recordings[index], block, generator)) for index in chosen]
        found = each(lambda one: of_one(one, soft), mixed)
        return [reduce(torch.add, parts) for parts in zip(*found, strict=True)]

    settle_(weights, gradients, schedule)
    return {path: one.hard() for path, one in zip(twins, weights, strict=True)}


def relax(twin: Weighted, wanted: Tensor, trust: float) -> Relaxed:
    """The weight of a twin between its codes and their neighbours toward the real weight."""
    codes, steps = quantized_codes(twin)
    return Relaxed(wanted, codes * steps, steps, bits=twin.weight_bits, weight_map=twin.weight_map, trust=trust)


def _parameters(twin: Weighted, weight: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """A weight [groups, out, depth] in the shape of the twin's, and the bias that keeps its mean."""
    shift = ((grouped(twin).float() - weight) @ mean[:, :, None].float()).reshape(-1)
    return weight.reshape(twin.weight.shape), shift if twin.bias is None else twin.bias.detach() + shift


def _mixed(recording: Recording, block: Block, generator: torch.Generator) -> Values:
    """What a block reads: of each value some elements of the float model's, the others of the quantized one's."""
    mixed: Values = {}
    for name in block.reads:
        real, coded = recording.real[name], recording.coded[name]
        mixed[name] = torch.where(torch.rand(real.shape, generator=generator) < _KEPT, real, coded)
    return mixed
