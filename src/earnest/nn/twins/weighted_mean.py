"""Weighted mean of values by 8-bit numerators (E20)."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.weighted_mean import WeightedMean as WeightedMeanLaw
from earnest.nn.twin import Twin, requantization


@final
class WeightedMean(Twin):
    """E20."""

    law_class = WeightedMeanLaw
    group_name = "softmax"

    def build(self) -> WeightedMeanLaw:
        """The law's weighted mean; the scale of the weights cancels in the division."""
        values, output = self.operands[1].grid, self.output.grid
        return WeightedMeanLaw(
            right_bits=values.bits,
            right_zero_point=values.zero_point,
            **requantization(values.scale / output.scale, output),
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """Probabilities times values."""
        del parameters, symbols
        return inputs[0] @ inputs[1]
