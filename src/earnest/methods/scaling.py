"""Equalization on a model of twins, before it is calibrated."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from earnest.errors import CalibrationError
from earnest.methods.equalization import Reading, factors
from earnest.methods.moments import Moments, rows_of
from earnest.methods.rounding import own_weights
from earnest.methods.seams import Seam, seams
from earnest.nn.model import TwinModel, walk
from earnest.nn.parallel import each
from earnest.nn.twin import Twin
from earnest.nn.weighted import Convolution, Weighted

Progress = Callable[[int, int], None]


class Seen:
    """What a reader of a seam sees: moments of its rows, and the extremes of each column, [groups, depth]."""

    def __init__(self) -> None:
        self.moments = Moments()
        self.low = self.high = torch.zeros(())

    def add_(self, rows: Tensor) -> None:
        """Rows [groups, rows, depth] of one recording."""
        self.moments.add_(rows, rows)
        self._widen_(rows.amin(dim=1), rows.amax(dim=1))

    def merge_(self, other: "Seen") -> None:
        """What another one has seen, too."""
        self.moments.merge_(other.moments)
        self._widen_(other.low, other.high)

    def _widen_(self, low: Tensor, high: Tensor) -> None:
        self.low, self.high = torch.minimum(self.low, low), torch.maximum(self.high, high)


@torch.no_grad()
def equalize_(model: TwinModel, batches: Sequence[Tensor], progress: Progress | None = None) -> TwinModel:
    """Scale the channels of every seam; the float model stays the same function. The model is returned.

    CalibrationError if there are no inputs, or if two calls share a weight.
    """
    if not batches:
        raise CalibrationError("expected at least one input, got none")
    own_weights(model)
    found = seams(model)
    seen = {reader.path: Seen() for seam in found for reader in seam.readers}
    total = len(batches) + len(found)
    told = None if progress is None else lambda done: progress(done, total)
    for one in each(lambda batch: _seen(model, batch, list(seen)), batches, told):
        for path, more in one.items():
            seen[path].merge_(more)
    for done, seam in enumerate(found, start=len(batches) + 1):
        _scale_(seam, seen)
        if progress is not None:
            progress(done, total)
    return model


def _seen(model: TwinModel, batch: Tensor, readers: Sequence[str]) -> dict[str, Seen]:
    """What readers see of one recording."""
    symbols = model.symbols(batch)
    found = {path: Seen() for path in readers}

    def compute(twin: Twin, inputs: list[Tensor]) -> Tensor:
        if isinstance(twin, Weighted) and twin.path in found:
            found[twin.path].add_(rows_of(twin, inputs[0]))
        return twin.real(inputs, twin.trainable(), symbols)

    walk(model, batch, compute, None)
    return found


def _scale_(seam: Seam, seen: dict[str, Seen]) -> None:
    low, high = torch.zeros(seam.channels).double(), torch.zeros(seam.channels).double()
    readings = []
    for reader in seam.readers:
        own, columns = seen[reader.path], _columns(reader)
        low.scatter_reduce_(0, columns.reshape(-1), own.low.double().reshape(-1), reduce="amin")
        high.scatter_reduce_(0, columns.reshape(-1), own.high.double().reshape(-1), reduce="amax")
        groups = reader.groups if isinstance(reader, Convolution) else 1
        reading = Reading(
            weight=reader.weight.double().reshape(groups, len(reader.weight) // groups, -1),
            covariance=own.moments.covariances[0],
            columns=columns,
            bits=reader.weight_bits,
            weight_maps=reader.weight_maps,
            input_bits=reader.operands[0].bits,
        )
        readings.append(reading)
    seam.scale_(factors(readings, low, high))


def _columns(reader: Weighted) -> Tensor:
    """The channel that each column of a reader's rows comes from, [groups, depth]."""
    _, depth, *taps = reader.weight.shape
    groups = reader.groups if isinstance(reader, Convolution) else 1
    size = torch.Size(taps).numel()
    return torch.arange(groups * depth).reshape(groups, depth, 1).expand(groups, depth, size).reshape(groups, -1)
