"""Constant: a parameter or a table as a value (E24)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor, nn

from earnest.integer.dimension import Symbols
from earnest.integer.law.constant import Constant as ConstantLaw
from earnest.integer.law.operator import Operator
from earnest.nn.edge import Edge
from earnest.nn.site import Site
from earnest.nn.twin import Twin
from earnest.numerics.grid import quantize


@final
class Constant(Twin):
    """E24: a parameter or a table as a value of its own."""

    law_class = ConstantLaw
    makes = "position"

    def __init__(self, output: Edge, *, value: Tensor) -> None:
        super().__init__((), output)
        if isinstance(value, nn.Parameter):
            self.value = value
        else:
            self.register_buffer("value", value, persistent=False)

    @classmethod
    def at(cls, site: Site) -> Twin:
        """It reads nothing."""
        return cls(site.output, value=site.parameters["value"])

    def trainable(self) -> tuple[Tensor, ...]:
        """The value, if it is a parameter."""
        return (self.value,) if isinstance(self.value, nn.Parameter) else ()

    def build(self) -> Operator:
        """The law's constant."""
        grid = self.output.grid
        codes = quantize(self.value.detach().cpu().numpy(), grid)
        return ConstantLaw(codes=codes, bits=grid.bits)

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """The value itself."""
        del inputs, symbols
        return parameters[0] if parameters else self.value
