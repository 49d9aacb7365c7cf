"""Softmax with 16-bit probabilities (E18), or as 8-bit numerators (E19) and a weighted mean (E20)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.softmax import ONE, causal
from earnest.integer.softmax import Exponential as ExponentialLaw
from earnest.integer.softmax import Softmax as SoftmaxLaw
from earnest.integer.softmax import WeightedMean as WeightedMeanLaw
from earnest.nn.edge import Edge, FixedEdge
from earnest.nn.site import Site
from earnest.nn.twin import Twin, requantization
from earnest.numerics.table import exponential_table, softmax_tables

FINE_BITS = 8
PROBABILITY_BITS = 16


def probabilities() -> FixedEdge:
    """The edge of 16-bit probabilities: 32767 is 1."""
    return FixedEdge(bits=PROBABILITY_BITS, signed=True, scale=1.0 / ONE)


class NumeratorEdge(FixedEdge):
    """The edge of 8-bit numerators: 255 is the row's maximum; their real values are the probabilities of the row."""

    def __init__(self) -> None:
        super().__init__(bits=8, signed=False, scale=1.0 / 255)

    def real(self, carrier: Tensor) -> Tensor:
        """Numerators divided by the sum of their row."""
        return carrier / carrier.sum(dim=-1, keepdim=True)

    def nearest(self, x: Tensor) -> Tensor:
        """Probabilities as numerators relative to the greatest of their row, divided by the sum."""
        numerators = super().nearest(x / x.amax(dim=-1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny))
        return numerators / numerators.sum(dim=-1, keepdim=True).clamp_min(self.grid.scale)


class SoftmaxRows(Twin):
    """What both forms of softmax share: the last axis, and the causal mask or none."""

    captured = "softmax"
    reads = "scores"
    makes = "probabilities"
    takes_any_width = True
    group_name = "softmax"

    def __init__(self, operands: Sequence[Edge], output: Edge, *, masked: bool) -> None:
        super().__init__(operands, output)
        self.masked = masked

    @classmethod
    def at(cls, site: Site) -> Twin:
        """Probabilities of 16 bits, or numerators of 8."""
        twin = Exponential if isinstance(site.output, NumeratorEdge) else Softmax
        return twin(site.operands, site.output, **cls.given(site))

    @classmethod
    def output_edge(cls, bits: int) -> Edge:
        """That of the form of so many bits."""
        return probabilities() if bits == PROBABILITY_BITS else NumeratorEdge()

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's softmax."""
        del parameters, symbols
        scores = inputs[0]
        if self.masked:
            scores = scores.masked_fill(~causal(tuple(scores.shape), torch, scores.device), float("-inf"))
        return torch.softmax(scores, dim=-1)


class Softmax(SoftmaxRows):
    """E18."""

    law_class = SoftmaxLaw

    def build(self) -> SoftmaxLaw:
        """The law's softmax; scores of up to 8 bits need no fine table."""
        grid = self.operands[0].grid
        fine_bits = FINE_BITS if grid.bits > FINE_BITS else 0
        coarse, fine = softmax_tables(grid.scale, grid.bits, fine_bits)
        return SoftmaxLaw(coarse=coarse, fine=fine, input_bits=grid.bits, fine_bits=fine_bits, masked=self.masked)


class Exponential(SoftmaxRows):
    """E19. Its real value is the softmax: what the numerators become when `weighted_mean` divides by their sum."""

    law_class = ExponentialLaw

    def build(self) -> ExponentialLaw:
        """The law's numerators."""
        grid = self.operands[0].grid
        table = exponential_table(grid.scale, grid.bits)
        return ExponentialLaw(table=table, input_bits=grid.bits, masked=self.masked)


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
