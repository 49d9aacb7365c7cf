"""Edges: the grid of the codes that travel from one twin to the next.

A carrier is a float32 tensor that holds codes, exact because no width exceeds 24 bits. Its gradient is with respect
to the real value. Which kind an edge is never changes; a calibrated one has no grid until calibration gives it one.
"""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from earnest.errors import CalibrationError
from earnest.integer.codes import CODE_BITS, code_range
from earnest.numerics.grid import Grid
from earnest.numerics.table import Pointwise


class Edge(nn.Module, ABC):
    """Width, sign and grid of the codes on one edge."""

    def __init__(self, *, bits: int, signed: bool = True) -> None:
        super().__init__()
        if bits not in CODE_BITS:
            raise CalibrationError(f"expected a width of {CODE_BITS}, got {bits}")
        self.bits, self.signed = bits, signed

    @property
    @abstractmethod
    def grid(self) -> Grid:
        """The grid; a CalibrationError if there is none yet."""

    @property
    def codes(self) -> tuple[int, int]:
        """Lowest and highest code."""
        return code_range(self.bits, signed=self.signed)

    @property
    def magnitude(self) -> int:
        """The largest |code - zero point|."""
        grid = self.grid
        return max(abs(end - grid.zero_point) for end in grid.codes)

    def version(self) -> tuple[object, ...]:
        """Changes whenever the grid may have changed."""
        return ()

    def real(self, carrier: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Real values of a carrier."""
        grid = self.grid
        return (carrier - grid.zero_point) * grid.scale

    def nearest(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The real values of the codes nearest to real ones, half up; the gradient passes inside the range only."""
        grid = self.grid
        inside = (x / grid.scale + grid.zero_point).clamp(*grid.codes)
        codes = inside + (torch.floor(inside.detach() + 0.5) - inside.detach())
        return (codes - grid.zero_point) * grid.scale

    def require_scale_(self, smallest: float) -> None:
        """Ask for a scale of at least `smallest`, whatever the range: a reader's constants would not fit otherwise."""
        raise CalibrationError(f"{type(self).__name__}: its scale is not free; expected at least {smallest}")

    def extra_repr(self) -> str:
        """Width, for `print(model)`."""
        return f"{'' if self.signed else 'u'}{self.bits} bits"


class CalibratedEdge(Edge):
    """A grid chosen from data. `role` names what it is for; `symmetric` pins the zero point to 0; `method` and
    `margin` say how calibration chooses the range, and by how much it is then widened.
    """

    scale: Tensor
    zero_point: Tensor

    def __init__(
        self,
        name: str,
        *,
        bits: int,
        symmetric: bool,
        role: str,
        method: str,
        margin: float,
        function: Pointwise | None = None,
    ) -> None:
        super().__init__(bits=bits)
        self.name, self.symmetric, self.role = name, symmetric, role
        self.method, self.margin, self.function = method, margin, function
        self.smallest_scale = 0.0
        self.register_buffer("scale", torch.tensor(float("nan"), dtype=torch.float64))
        self.register_buffer("zero_point", torch.tensor(0, dtype=torch.int64))

    @property
    def grid(self) -> Grid:
        """The calibrated grid."""
        scale = float(self.scale)
        if scale != scale:
            raise CalibrationError(f"{self.name}: no range yet; run earnest.calibrate with data that reaches it")
        return Grid(bits=self.bits, signed=True, scale=scale, zero_point=int(self.zero_point))

    def require_scale_(self, smallest: float) -> None:
        """Kept for calibration, which widens the range where it must."""
        self.smallest_scale = max(self.smallest_scale, smallest)

    def set_(self, grid: Grid) -> None:
        """Take a grid of this edge's width."""
        if (grid.bits, grid.signed) != (self.bits, self.signed) or (self.symmetric and grid.zero_point != 0):
            raise CalibrationError(
                f"{self.name}: expected a grid of {self.bits} bits, symmetric {self.symmetric}, got {grid}"
            )
        self.scale.fill_(grid.scale)
        self.zero_point.fill_(grid.zero_point)

    def version(self) -> tuple[object, ...]:
        """Where the buffers lie, and their versions."""
        return tuple(part for buffer in (self.scale, self.zero_point) for part in (buffer.data_ptr(), buffer._version))


class FixedEdge(Edge):
    """A grid that depends on no data: probabilities, position tables."""

    def __init__(self, *, bits: int, signed: bool, scale: float) -> None:
        super().__init__(bits=bits, signed=signed)
        self._grid = Grid(bits=bits, signed=signed, scale=scale, zero_point=0)

    @property
    def grid(self) -> Grid:
        """The fixed grid."""
        return self._grid


class ScaledEdge(Edge):
    """The same codes, meaning `factor` times as much: a multiplication by a constant costs nothing."""

    def __init__(self, source: Edge, factor: float) -> None:
        super().__init__(bits=source.bits, signed=source.signed)
        self._source, self.factor = (source,), factor

    @property
    def grid(self) -> Grid:
        """The source's grid, scaled."""
        grid = self._source[0].grid
        return Grid(bits=grid.bits, signed=grid.signed, scale=grid.scale * self.factor, zero_point=grid.zero_point)

    @property
    def magnitude(self) -> int:
        """The source's, whose codes these are."""
        return self._source[0].magnitude

    def require_scale_(self, smallest: float) -> None:
        """Asked of the source."""
        self._source[0].require_scale_(smallest / self.factor)

    def version(self) -> tuple[object, ...]:
        """That of the source."""
        return self._source[0].version()


class ProductEdge(Edge):
    """An accumulator of `depth` products that is handed on unrounded: its scale is the product of the operands' scales,
    and what it cannot reach is known.
    """

    def __init__(self, left: Edge, right: Edge, *, bits: int, depth: int) -> None:
        super().__init__(bits=bits)
        self._sources, self.depth = (left, right), depth

    @property
    def grid(self) -> Grid:
        """Scale s_a s_b, zero point 0."""
        left, right = self._sources
        return Grid(bits=self.bits, signed=True, scale=left.grid.scale * right.grid.scale, zero_point=0)

    @property
    def magnitude(self) -> int:
        """As many products of the operands' largest codes as there are."""
        left, right = self._sources
        return self.depth * left.magnitude * right.magnitude

    def nearest(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The values themselves: a sum of products of codes is a code."""
        return x

    def version(self) -> tuple[object, ...]:
        """Those of both operands."""
        return tuple(part for source in self._sources for part in source.version())
