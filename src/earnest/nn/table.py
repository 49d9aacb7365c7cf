"""Functions of one code: a table of 256 entries, or for 16-bit codes one with interpolation (E15, E16)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.table import InterpolatedTable as InterpolatedTableLaw
from earnest.integer.table import Table as TableLaw
from earnest.nn.edge import Edge
from earnest.nn.site import Site
from earnest.nn.twin import Twin
from earnest.numerics.table import Pointwise, code_table, knots

TABLE_BITS = 8
"""Greatest width of a code whose functions are tables of every code."""


def hard_sigmoid(x: Tensor) -> Tensor:
    """clamp(x / 6 + 1/2, 0, 1); torch's own takes its sixth from float32."""
    return (x / 6 + 0.5).clamp(0.0, 1.0)


TORCH_FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "relu": torch.relu,
    "silu": functional.silu,
    "sigmoid": torch.sigmoid,
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "tanh": torch.tanh,
    "clamp": torch.clamp,
    "leaky_relu": functional.leaky_relu,
    "elu": torch.ops.aten.elu.default,
    "hard_sigmoid": hard_sigmoid,
    "hard_swish": lambda x: x * hard_sigmoid(x),
    "softplus": functional.softplus,
    "log_sigmoid": functional.logsigmoid,
    "mish": functional.mish,
    "exp": torch.exp,
    "abs": torch.abs,
    "square": torch.square,
}
"""What `numerics.table.FUNCTIONS` are in torch, which takes the same parameters in the same order."""


def in_torch(function: Pointwise, x: Tensor) -> Tensor:
    """torch's function of each element."""
    return TORCH_FUNCTIONS[function.name](x, *function.parameters)


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


class Table(Function):
    """E15."""

    law_class = TableLaw

    def build(self) -> TableLaw:
        """The law's table, one entry for each code."""
        grid, output = self.operands[0].grid, self.output.grid
        table = code_table(self.function, grid, output)
        return TableLaw(table=table, input_bits=grid.bits, input_signed=grid.signed, bits=output.bits)


class InterpolatedTable(Function):
    """E16."""

    law_class = InterpolatedTableLaw

    def build(self) -> InterpolatedTableLaw:
        """The law's table of 513 knots."""
        table = knots(self.function, self.operands[0].grid, self.output.grid)
        return InterpolatedTableLaw(table=table, bits=self.output.bits)
