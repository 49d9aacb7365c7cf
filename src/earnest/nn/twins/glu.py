"""Gated linear unit (E17)."""

from collections.abc import Sequence
from typing import Any, final

from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.glu import GatedLinearUnit as GatedLinearUnitLaw
from earnest.nn.edge import Edge
from earnest.nn.site import Site
from earnest.nn.twin import Twin, requantization
from earnest.numerics.table import gate_table


@final
class GatedLinearUnit(Twin):
    """E17: the first half times the sigmoid of the second, along `axis`."""

    law_class = GatedLinearUnitLaw
    group_name = "functions"

    def __init__(self, operands: Sequence[Edge], output: Edge, *, axis: int, gate_bits: int) -> None:
        super().__init__(operands, output)
        self.axis, self.gate_bits = axis, gate_bits

    @classmethod
    def given(cls, site: Site) -> dict[str, Any]:
        """The axis, and the bits of a gate on the target."""
        return {**super().given(site), "gate_bits": site.gate_bits}

    def build(self) -> GatedLinearUnitLaw:
        """The law's gated linear unit."""
        grid, output = self.operands[0].grid, self.output.grid
        gate, gate_scale = gate_table(grid, self.gate_bits)
        return GatedLinearUnitLaw(
            gate=gate,
            gate_bits=self.gate_bits,
            axis=self.axis,
            input_bits=grid.bits,
            input_signed=grid.signed,
            input_zero_point=grid.zero_point,
            **requantization(grid.scale * gate_scale / output.scale, output),
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's glu."""
        del parameters, symbols
        return functional.glu(inputs[0], self.axis)
