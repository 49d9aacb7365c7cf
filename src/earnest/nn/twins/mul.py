"""Product of two activations, element by element (E14)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.mul import Multiply as MultiplyLaw
from earnest.nn.twin import Twin, requantization


@final
class Multiply(Twin):
    """E14."""

    law_class = MultiplyLaw
    symmetric = True
    group_name = "functions"

    def build(self) -> MultiplyLaw:
        """The law's product."""
        left, right, output = (edge.grid for edge in (*self.operands, self.output))
        return MultiplyLaw(
            left_zero_point=left.zero_point,
            right_zero_point=right.zero_point,
            **requantization(left.scale * right.scale / output.scale, output),
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's product."""
        del parameters, symbols
        return inputs[0] * inputs[1]
