"""Moments of what a weighted operator reads: the rows that its weights multiply, in float and as its codes give them.

    mean m = E[x], m' = E[x'],   C = E[(x' - m')(x' - m')^T],   D = E[(x - m)(x' - m')^T]

x are the rows of the float model, x' those that reach the twin when everything before it is quantized. A convolution's
rows are its windows, one set for each group.
"""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from earnest.nn.parallel import each
from earnest.nn.weighted import Convolution, Weighted

MOST_ROWS = 1 << 14
"""Rows of one recording that are used; of more, every so many-th."""


class Moments:
    """Sums over rows [groups, rows, depth], float64."""

    def __init__(self) -> None:
        self.count = 0
        self._sums: list[Tensor] = []

    def merge_(self, other: "Moments") -> None:
        """Add another's sums."""
        if other.count:
            pairs = zip(self._sums, other._sums, strict=True)
            self._sums = [old + more for old, more in pairs] if self._sums else other._sums
            self.count += other.count

    def add_(self, rows: Tensor, coded: Tensor) -> None:
        """Rows of the float model and the same rows from codes; products of one call are summed in their own type."""
        stride = -(-rows.shape[1] // MOST_ROWS)
        x, y = rows[:, ::stride], coded[:, ::stride]
        new = [one.double() for one in (x.sum(1), y.sum(1), y.transpose(1, 2) @ y, x.transpose(1, 2) @ y)]
        self._sums = [old + more for old, more in zip(self._sums, new, strict=True)] if self._sums else new
        self.count += x.shape[1]

    @property
    def means(self) -> tuple[Tensor, Tensor]:
        """m and m', [groups, depth]."""
        return self._sums[0] / self.count, self._sums[1] / self.count

    @property
    def covariances(self) -> tuple[Tensor, Tensor]:
        """C and D, [groups, depth, depth]."""
        m, n = self.means
        c = self._sums[2] / self.count - n[:, :, None] * n[:, None, :]
        return c, self._sums[3] / self.count - m[:, :, None] * n[:, None, :]


def rows_of(twin: Weighted, x: Tensor) -> Tensor:
    """The rows [groups, rows, depth] that a twin's weights multiply, of an operand's real values."""
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


def moments_of(twin: Weighted, reals: Sequence[Tensor], coded: Sequence[Tensor]) -> Moments:
    """The moments over several inputs."""
    found = Moments()
    for one in each(lambda pair: _moments(twin, *pair), list(zip(reals, coded, strict=True))):
        found.merge_(one)
    return found


def _moments(twin: Weighted, real: Tensor, coded: Tensor) -> Moments:
    found = Moments()
    found.add_(rows_of(twin, real), rows_of(twin, coded))
    return found
