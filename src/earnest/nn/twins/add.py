"""Sum of several grids with one rounding (E13); with a single operand, a change of grid."""

from collections.abc import Sequence
from functools import reduce
from typing import final

import torch
from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.add import Add as AddLaw
from earnest.nn.edge import CalibratedEdge, Edge
from earnest.nn.twin import Twin
from earnest.numerics.multiplier import sum_multipliers


@final
class Add(Twin):
    """E13: sum of factor_i x_i; a factor of -1 subtracts."""

    law_class = AddLaw
    reads = "residual"

    def __init__(self, operands: Sequence[Edge], output: Edge, *, factors: Sequence[float]) -> None:
        super().__init__(operands, output)
        self.factors = tuple(factors)

    @property
    def group(self) -> str:
        """Sums of the residual stream, and others."""
        return "residual" if isinstance(self.output, CalibratedEdge) and self.output.role == "residual" else "sums"

    def build(self) -> AddLaw:
        """The law's sum."""
        output = self.output.grid
        grids = [edge.grid for edge in self.operands]
        reals = [factor * grid.scale / output.scale for factor, grid in zip(self.factors, grids, strict=True)]
        mantissas, shift = sum_multipliers(reals, [edge.magnitude for edge in self.operands])
        return AddLaw(
            zero_points=tuple(grid.zero_point for grid in grids),
            multipliers=mantissas,
            shift=shift,
            zero_point=output.zero_point,
            bits=output.bits,
            signed=output.signed,
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's sum."""
        del parameters, symbols
        return reduce(torch.add, (x if f == 1 else x * f for x, f in zip(inputs, self.factors, strict=True)))
