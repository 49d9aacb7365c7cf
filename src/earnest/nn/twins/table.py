"""Functions of one code: a table of 256 entries, or for 16-bit codes one with interpolation (E15, E16)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.interpolated_table import InterpolatedTable as InterpolatedTableLaw
from earnest.integer.law.table import Table as TableLaw
from earnest.nn.edge import Edge
from earnest.nn.functions import in_torch
from earnest.nn.site import Site
from earnest.nn.twin import Twin
from earnest.numerics.table import Pointwise, code_table, knots

TABLE_BITS = 8
"""Greatest width of a code whose functions are tables of every code."""


class Function(Twin):
    """A function of each code: a table of every code, or one with interpolation where there are too many."""

    kind = "table"
    captured = "function"
    reads = "argument"
    takes_any_width = True
    group_name = "functions"

    def __init__(self, operands: Sequence[Edge], output: Edge, *, function: Pointwise) -> None:
        super().__init__(operands, output)
        self.function = function

    @classmethod
    def at(cls, site: Site) -> Twin:
        """The form for the width at hand."""
        (operand,) = site.operands
        twin = Table if operand.bits <= TABLE_BITS else InterpolatedTable
        return twin(site.operands, site.output, **cls.given(site))

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's function."""
        del parameters, symbols
        return in_torch(self.function, inputs[0])

    def extra_repr(self) -> str:
        """The function and the widths."""
        return f"{self.function}, {super().extra_repr()}"


@final
class Table(Function):
    """E15."""

    law_class = TableLaw

    def build(self) -> TableLaw:
        """The law's table, one entry for each code."""
        grid, output = self.operands[0].grid, self.output.grid
        table = code_table(self.function, grid, output)
        return TableLaw(table=table, input_bits=grid.bits, input_signed=grid.signed, bits=output.bits)


@final
class InterpolatedTable(Function):
    """E16."""

    law_class = InterpolatedTableLaw

    def build(self) -> InterpolatedTableLaw:
        """The law's table of 513 knots."""
        table = knots(self.function, self.operands[0].grid, self.output.grid)
        return InterpolatedTableLaw(table=table, bits=self.output.bits)
