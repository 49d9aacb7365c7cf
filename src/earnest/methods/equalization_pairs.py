"""Equalization pairs: what makes a value and what reads it, where each channel may be scaled without changing the
model. What makes the channel is divided by a factor, what reads it is multiplied.

A layer norm or RMS norm that only weights read: its gain and bias take the factor [Xiao et al. 2023,
arXiv:2211.10438]. A gated linear unit: so do the rows that make its first half, for it passes a factor on [Nagel et al.
2019, arXiv:1906.04721].
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from earnest.nn.model import Call, TwinModel, readers
from earnest.nn.twin import Twin
from earnest.nn.twins.conv1d import Convolution1d
from earnest.nn.twins.glu import GatedLinearUnit
from earnest.nn.twins.layer_norm import LayerNorm
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.rms_norm import RmsNorm
from earnest.nn.twins.transpose import Transpose
from earnest.nn.twins.weighted import Weighted


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualizationPair:
    """The value `name` of so many channels. `makers` are parameters whose first rows make them, `readers` all that
    multiply them.
    """

    name: str
    channels: int
    makers: tuple[Tensor, ...]
    readers: tuple[Weighted, ...]

    @torch.no_grad()
    def scale_(self, factor: Tensor) -> None:
        """Divide what makes the channels by factors [channels], and multiply what reads them."""
        for maker in self.makers:
            rows = maker[: self.channels]
            rows /= factor.to(maker.dtype).reshape(-1, *(1,) * (maker.ndim - 1))
        for reader in self.readers:
            reader.weight.mul_(read_factor(reader, factor).to(reader.weight.dtype))
            reader.choose_levels_()


def read_factor(reader: Weighted, factor: Tensor) -> Tensor:
    """Factors [channels] as they multiply a weight: along its columns, or its rows where each reads one channel."""
    rest = (1,) * (reader.weight.ndim - 2)
    return factor.reshape(-1, 1, *rest) if reader.depthwise else factor.reshape(1, -1, *rest)


def equalization_pairs(model: TwinModel) -> list[EqualizationPair]:
    """All pairs of a model, in the order of its graph."""
    reading = readers(model)
    found = [_norm_pair(model, reading, call.name) for call in model.calls]
    found += [_gate_pair(model, reading, call.name) for call in model.calls]
    place = {call.name: index for index, call in enumerate(model.calls)}
    return sorted((pair for pair in found if pair is not None), key=lambda pair: place[pair.name])


Readers = dict[str, list[Call]]


def _norm_pair(model: TwinModel, readers: Readers, name: str) -> EqualizationPair | None:
    norm = model.twin(name)
    if not isinstance(norm, (LayerNorm, RmsNorm)):
        return None
    reading = _weights_reading(model, readers, name, axis=-1)
    if not reading:
        return None
    return EqualizationPair(name=name, channels=len(norm.weight), makers=norm.trainable(), readers=reading)


def _gate_pair(model: TwinModel, readers: Readers, name: str) -> EqualizationPair | None:
    """The gated linear unit that a convolution's result reaches, and nothing else."""
    maker = model.twin(name)
    if not isinstance(maker, Convolution1d) or maker.groups != 1:
        return None
    reached = _reached(model, readers, name, axis=_channel_axis(maker))
    if reached is None or len(reached) != 1:
        return None
    gate, axis = reached[0]
    if not isinstance(gate, GatedLinearUnit) or gate.axis != axis + maker.weight.ndim:
        return None
    reading = _weights_reading(model, readers, gate.path, axis=axis)
    if not reading:
        return None
    channels = len(maker.weight) // 2
    return EqualizationPair(name=gate.path, channels=channels, makers=maker.trainable(), readers=reading)


def _weights_reading(model: TwinModel, readers: Readers, name: str, *, axis: int) -> tuple[Weighted, ...]:
    """The twins that multiply a value's channels; none if anything else reads it too."""
    reached = _reached(model, readers, name, axis=axis)
    if reached is None or not all(isinstance(twin, Weighted) and _reads(twin, axis) for twin, axis in reached):
        return ()
    return tuple(twin for twin, _ in reached if isinstance(twin, Weighted))


def _reached(model: TwinModel, readers: Readers, name: str, *, axis: int) -> list[tuple[Twin, int]] | None:
    """What reads a value, through transpositions, and where its channels are then, counted from the last axis; None
    where the model returns it.
    """
    if name == model.result:
        return None
    found: list[tuple[Twin, int]] = []
    for reader in readers[name]:
        twin = model.twin(reader.name)
        if not isinstance(twin, Transpose):
            found.append((twin, axis))
            continue
        rank = len(twin.order)
        further = _reached(model, readers, reader.name, axis=twin.order.index(rank + axis) - rank)
        if further is None:
            return None
        found += further
    return found


def _channel_axis(twin: Weighted) -> int:
    """Where the channels of what a twin reads and makes are, counted from the last axis."""
    return -1 if isinstance(twin, Linear) else 1 - twin.weight.ndim


def _reads(twin: Weighted, axis: int) -> bool:
    return (twin.groups == 1 or twin.depthwise) and axis == _channel_axis(twin)
