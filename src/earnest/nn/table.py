"""Functions of one code: a table of 256 entries, or for 16-bit codes one with interpolation (E15, E16)."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.table import InterpolatedTable as InterpolatedTableLaw
from earnest.integer.table import Table as TableLaw
from earnest.nn.edge import Edge
from earnest.nn.twin import Twin
from earnest.numerics.table import FUNCTIONS, code_table, knots

TORCH_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "silu": functional.silu,
    "sigmoid": torch.sigmoid,
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "tanh": torch.tanh,
}


class Function(Twin):
    """A function by name: relu, silu, sigmoid, gelu, gelu_tanh or tanh."""

    def __init__(self, operands: Sequence[Edge], output: Edge, *, function: str) -> None:
        super().__init__(operands, output)
        self.function = function

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's function."""
        del parameters, symbols
        return TORCH_FUNCTIONS[self.function](inputs[0])

    def extra_repr(self) -> str:
        """The function and the widths."""
        return f"{self.function}, {super().extra_repr()}"


class Table(Function):
    """E15."""

    kind: ClassVar[str] = "table"

    def build(self) -> TableLaw:
        """The law's table, one entry for each code."""
        grid, output = self.operands[0].grid, self.output.grid
        table = code_table(FUNCTIONS[self.function], grid, output)
        return TableLaw(table=table, input_bits=grid.bits, input_signed=grid.signed, bits=output.bits)


class InterpolatedTable(Function):
    """E16."""

    kind: ClassVar[str] = "interpolated_table"

    def build(self) -> InterpolatedTableLaw:
        """The law's table of 513 knots."""
        table = knots(FUNCTIONS[self.function], self.operands[0].grid, self.output.grid)
        return InterpolatedTableLaw(table=table, bits=self.output.bits)
