"""Moments of what weights multiply, in the float model: the mean and the covariance of the rows that reach them.

    m = E[x],   C = E[(x - m)(x - m)^T]

A convolution's rows are its windows, one set for each group; a recurrence's are its own hidden states, one step late.
Operators that read the same rows share their moments.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from earnest.errors import CalibrationError
from earnest.nn.model import Inputs, TwinModel, walk
from earnest.nn.parallel import each
from earnest.nn.twin import Twin
from earnest.nn.twins.convolution import Convolution
from earnest.nn.twins.recurrence import Recurrence
from earnest.nn.twins.weighted import Weighted

ROUNDING = 2.0**-16
"""Of the power of a column: what sums of some thousand float32 products are uncertain by; 2^-18 was seen."""

MOST_ROWS = 1 << 14
"""Rows of one recording that are used; of more, every so many-th."""


class Moments:
    """Sums over rows [groups, rows, depth], float64, and the extremes of each column, [groups, depth]. `count` rows of
    each group were used, of `positions`.
    """

    def __init__(self) -> None:
        self.count = self.positions = 0
        self._sums: list[Tensor] = []
        self.low = self.high = torch.zeros(())

    def add_(self, rows: Tensor) -> None:
        """Rows of one recording; their products are summed in their own type."""
        x = rows[:, :: -(-rows.shape[1] // MOST_ROWS)]
        self.positions += rows.shape[1]
        self._add_(x.shape[1], [one.double() for one in (x.sum(1), x.transpose(1, 2) @ x)])
        self._widen_(x.amin(dim=1), x.amax(dim=1))

    def merge_(self, other: "Moments") -> None:
        """What another one has seen, too."""
        if other.count:
            self.positions += other.positions
            self._add_(other.count, other._sums)
            self._widen_(other.low, other.high)

    def _add_(self, count: int, sums: list[Tensor]) -> None:
        self._sums = [old + more for old, more in zip(self._sums, sums, strict=True)] if self._sums else sums
        self.count += count

    def _widen_(self, low: Tensor, high: Tensor) -> None:
        self.low, self.high = torch.minimum(self.low, low), torch.maximum(self.high, high)

    @property
    def mean(self) -> Tensor:
        """m, [groups, depth]."""
        return self._sums[0] / self.count

    @property
    def covariance(self) -> Tensor:
        """C, [groups, depth, depth]. Float32 products cannot tell whether that of rows which hardly vary about a large
        mean is positive: if their rounding is more than 1 in 128 of the variance, it is added to the diagonal.
        """
        m, second = self.mean, self._sums[1] / self.count
        found = second - m[:, :, None] * m[:, None, :]
        power, varied = (torch.diagonal(each, dim1=1, dim2=2).mean(dim=1) for each in (second, found))
        unsure = torch.where(ROUNDING * power > varied / 128, ROUNDING * power, 0.0)
        return found + torch.diag_embed(unsure[:, None].expand(m.shape))


def rows_of(twin: Weighted, x: Tensor, made: Tensor) -> Tensor:
    """The rows [groups, rows, depth] that a twin's weights multiply, of the real values that it reads and makes."""
    if isinstance(twin, Recurrence):
        return twin.before(made).reshape(1, -1, made.shape[-1])
    if not isinstance(twin, Convolution):
        return x.reshape(1, -1, x.shape[-1])
    taps = twin.weight.shape[2:]
    images = x if len(taps) == 2 else x[:, :, None]
    one = (1,) * (2 - len(taps))
    windows = functional.unfold(
        images,
        kernel_size=(*one, *taps),
        dilation=(*one, *twin.dilations),
        padding=(*(0 for _ in one), *twin.padding),
        stride=(*one, *twin.strides),
    )
    groups = twin.groups
    return windows.reshape(len(x), groups, -1, windows.shape[-1]).permute(1, 0, 3, 2).flatten(1, 2)


def moments(
    model: TwinModel, batches: Sequence[Inputs], paths: Sequence[str], done: Callable[[int], None] | None = None
) -> dict[str, Moments]:
    """The moments of the weighted twins at `paths` over all inputs; `done` is told how many inputs were read.

    CalibrationError if there are no inputs.
    """
    if not batches:
        raise CalibrationError("expected at least one input, got none")
    inputs = {call.name: call.inputs for call in model.calls}
    source = {path: _source(model, path, inputs[path]) for path in paths}
    found = {key: Moments() for key in source.values()}
    first = {key: path for path, key in reversed(source.items())}
    for one in each(lambda batch: _moments(model, batch, {path: key for key, path in first.items()}), batches, done):
        for key, more in one.items():
            found[key].merge_(more)
    return {path: found[key] for path, key in source.items()}


Source = tuple[object, ...]


def _source(model: TwinModel, path: str, inputs: tuple[str, ...]) -> Source:
    """Equal for twins that multiply the same rows: the value that they read, and the windows of it. A recurrence's are
    its own.
    """
    twin = model.twin(path)
    if isinstance(twin, Recurrence):
        return (path,)
    if not isinstance(twin, Convolution):
        return inputs
    return (*inputs, tuple(twin.weight.shape[2:]), twin.strides, twin.padding, twin.dilations, twin.groups)


def _moments(model: TwinModel, batch: Inputs, sources: dict[str, Source]) -> dict[Source, Moments]:
    symbols = model.symbols(batch)
    found: dict[Source, Moments] = {}

    def compute(twin: Twin, inputs: list[Tensor]) -> Tensor:
        made = twin.real(inputs, twin.trainable(), symbols)
        if isinstance(twin, Weighted) and twin.path in sources:
            own = found[sources[twin.path]] = Moments()
            own.add_(rows_of(twin, inputs[0], made))
        return made

    walk(model, model.read(batch), compute, None)
    return found
