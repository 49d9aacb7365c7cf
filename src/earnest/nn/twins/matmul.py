"""Product of two activations (E12). A 24-bit result on a `ProductEdge` is the accumulator itself, unrounded."""

from collections.abc import Sequence
from typing import final

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.matmul import MatMul as MatMulLaw
from earnest.nn.probabilities import NumeratorEdge
from earnest.nn.site import Site
from earnest.nn.twin import Twin, requantization
from earnest.nn.twins.weighted_mean import WeightedMean


@final
class MatMul(Twin):
    """E12."""

    law_class = MatMulLaw
    symmetric = True
    group_name = "attention products"

    @classmethod
    def at(cls, site: Site) -> Twin:
        """A weighted mean, where the left operand is numerators whose sum it divides by."""
        twin = WeightedMean if isinstance(site.operands[0], NumeratorEdge) else MatMul
        return twin(site.operands, site.output)

    def build(self) -> MatMulLaw:
        """The law's product; a product of scales equal to the output's becomes the multiplier 1."""
        left, right, output = (edge.grid for edge in (*self.operands, self.output))
        return MatMulLaw(
            left_bits=left.bits,
            right_bits=right.bits,
            left_zero_point=left.zero_point,
            right_zero_point=right.zero_point,
            **requantization(left.scale * right.scale / output.scale, output),
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's matmul."""
        del parameters, symbols
        return inputs[0] @ inputs[1]
