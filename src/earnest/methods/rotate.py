"""Rotation: channels of attention heads turned by an orthogonal matrix that the next product turns back.

    (p v) W^T = (p (v R)) (W R)^T        (q + u) k = ((q + u) R) (R^T k)        R R^T = 1

The rows that make the channels, and constants added to them, take R; so do the columns that read them. Nothing is left
to compute at run time [Ashkboos et al. 2024, QuaRot, arXiv:2404.00456, sec. 4, stage 1c]. Where anything else reads the
channels on their way, as a rotary position does, they stay as they are.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd

import torch
from torch import Tensor, nn

from earnest.errors import CalibrationError
from earnest.methods.gptq import own_weights
from earnest.methods.method import Method
from earnest.methods.rotate_core import rotation
from earnest.nn.model import Call, Inputs, TwinModel, readers
from earnest.nn.parallel import Progress
from earnest.nn.twins.add import Add
from earnest.nn.twins.constant import Constant
from earnest.nn.twins.linear import Linear
from earnest.nn.twins.matmul import MatMul
from earnest.nn.twins.reshape import Reshape
from earnest.nn.twins.scaled import Scaled
from earnest.nn.twins.transpose import Transpose
from earnest.nn.twins.weighted_mean import WeightedMean


@dataclass(slots=True, kw_only=True)
class Turn:
    """What has to be turned together: values and the axis of each, counted from its last; the constants and linears
    that make them; the linears that read them. `size` divides the extents of all these axes.
    """

    axes: dict[str, int] = field(default_factory=dict)
    makers: list[Linear] = field(default_factory=list)
    constants: list[tuple[Constant, int]] = field(default_factory=list)
    readers: list[Linear] = field(default_factory=list)
    size: int = 0

    @torch.no_grad()
    def rotate_(self, matrix: Tensor) -> None:
        """Turn all of it by an orthogonal matrix [size, size]."""
        for maker in self.makers:
            maker.weight.copy_(rotate_axis(maker.weight, matrix, 0))
            if maker.bias is not None:
                maker.bias.copy_(rotate_axis(maker.bias, matrix, 0))
        for constant, axis in self.constants:
            constant.value.copy_(rotate_axis(constant.value, matrix, axis))
        for reader in self.readers:
            reader.weight.copy_(rotate_axis(reader.weight, matrix, 1))
        for twin in {*self.makers, *self.readers}:
            twin.choose_levels_()


def rotate_axis(values: Tensor, matrix: Tensor, axis: int) -> Tensor:
    """Consecutive blocks along an axis times a matrix, in the type of the values."""
    last = values.double().movedim(axis, -1)
    blocks = last.reshape(*last.shape[:-1], -1, len(matrix)) @ matrix
    return blocks.reshape(last.shape).movedim(-1, axis).to(values.dtype)


def rotate_(model: TwinModel, batches: Sequence[Inputs], progress: Progress | None = None) -> TwinModel:
    """Turn the heads of every attention that allows it; the float model stays the same function. It is returned.

    CalibrationError if there are no inputs, as of every method, or if two calls share a weight.
    """
    if not batches:
        raise CalibrationError("expected at least one input, got none")
    own_weights(model)
    found = turns(model)
    for done, turn in enumerate(found, start=1):
        turn.rotate_(rotation(turn.size))
        if progress is not None:
            progress(done, len(found))
    return model


def turns(model: TwinModel) -> list[Turn]:
    """All that may be turned, in the order of the graph; nothing twice."""
    search = _Search(model)
    found: list[Turn] = []
    for call in model.calls:
        if isinstance(model.twin(call.name), MatMul | WeightedMean):
            left, right = call.inputs
            for seeds in ({left: -1, right: -2}, {right: -1}):
                turn = search.turn(seeds)
                if turn is not None and not any(set(turn.axes) & set(other.axes) for other in found):
                    found.append(turn)
    return found


class _Search:
    """The graph, read both ways."""

    def __init__(self, model: TwinModel) -> None:
        self.model = model
        self.calls = {call.name: call for call in model.calls}
        self.readers = readers(model)
        twins = [model.twin(call.name) for call in model.calls]
        self.uses = Counter(id(parameter) for twin in twins for parameter in twin.trainable())

    def turn(self, seeds: dict[str, int]) -> Turn | None:
        """All that turns with some values; None where something stands in the way, or there is nothing to turn."""
        turn, waiting = Turn(), list(seeds.items())
        while waiting:
            name, axis = waiting.pop()
            if name in turn.axes:
                if turn.axes[name] != axis:
                    return None
                continue
            turn.axes[name] = axis
            further = self._further(turn, name, axis)
            if further is None:
                return None
            waiting += further
        return turn if turn.size > 1 else None

    def _further(self, turn: Turn, name: str, axis: int) -> list[tuple[str, int]] | None:
        """What a value that turns makes turn: beyond the operator that makes it, and those that read it."""
        if name == self.model.result or name not in self.calls:
            return None
        found = self._made(turn, self.calls[name], axis)
        for call in self.readers[name]:
            other = self._read(turn, call, name, axis)
            if found is None or other is None:
                return None
            found = found + other
        return found

    def _made(self, turn: Turn, call: Call, axis: int) -> list[tuple[str, int]] | None:
        twin = self.model.twin(call.name)
        if isinstance(twin, Linear) and axis == -1:
            turn.makers.append(twin)
            turn.size = gcd(turn.size, len(twin.weight))
            return []
        if isinstance(twin, Constant) and self._own(twin) and axis >= -twin.value.ndim:
            turn.constants.append((twin, axis))
            turn.size = gcd(turn.size, twin.value.shape[axis])
            return []
        if isinstance(twin, MatMul | WeightedMean) and axis == -1:
            return [(call.inputs[1], -1)]
        if isinstance(twin, Transpose):
            rank = len(twin.order)
            return [(call.inputs[0], twin.order[rank + axis] - rank)]
        if isinstance(twin, Reshape) and axis == -1 and self._counted(turn, twin):
            return [(call.inputs[0], -1)]
        return [(other, axis) for other in call.inputs] if isinstance(twin, Add | Scaled) else None

    def _read(self, turn: Turn, call: Call, name: str, axis: int) -> list[tuple[str, int]] | None:
        twin = self.model.twin(call.name)
        if isinstance(twin, Linear) and axis == -1:
            turn.readers.append(twin)
            turn.size = gcd(turn.size, twin.weight.shape[1])
            return []
        if isinstance(twin, MatMul | WeightedMean):
            return _through_product(call, name, axis)
        if isinstance(twin, Transpose):
            rank = len(twin.order)
            return [(call.name, twin.order.index(rank + axis) - rank)]
        if isinstance(twin, Reshape) and axis == -1 and self._counted(turn, twin):
            return [(call.name, -1)]
        return [(call.name, axis)] if isinstance(twin, Add | Scaled) else None

    def _own(self, twin: Constant) -> bool:
        return isinstance(twin.value, nn.Parameter) and self.uses[id(twin.value)] == 1

    def _counted(self, turn: Turn, twin: Reshape) -> bool:
        """Whether the last extent of a reshape is known: blocks that divide it stay together."""
        last = twin.shape[-1]
        if not isinstance(last, int):
            return False
        turn.size = gcd(turn.size, last)
        return True


def _through_product(call: Call, name: str, axis: int) -> list[tuple[str, int]] | None:
    """What a product hands a turn on to: its other operand over the axis that is summed, or its result."""
    left, right = call.inputs
    if left == right:
        return None
    if name == left:
        return [(right, -2)] if axis == -1 else None
    return {-2: [(left, -1)], -1: [(call.name, -1)]}.get(axis)


METHODS = (
    Method(name="rotate", stage="before calibration", apply=lambda at, told: rotate_(at.twin, at.batches, told)),
)
