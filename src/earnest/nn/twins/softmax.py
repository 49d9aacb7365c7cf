"""Softmax: 16-bit probabilities (E18), or the form with 8-bit numerators."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.integer.law.exponential import Exponential as ExponentialLaw
from earnest.integer.law.over_keys import causal
from earnest.integer.law.softmax import Softmax as SoftmaxLaw
from earnest.nn.edge import Edge
from earnest.nn.probabilities import PROBABILITY_BITS, NumeratorEdge, probabilities
from earnest.nn.site import Site
from earnest.nn.twin import Twin
from earnest.numerics.table import exponential_table, softmax_tables

FINE_BITS = 8


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


@final
class Softmax(SoftmaxRows):
    """E18."""

    law_class = SoftmaxLaw

    def build(self) -> SoftmaxLaw:
        """The law's softmax; scores of up to 8 bits need no fine table."""
        grid = self.operands[0].grid
        fine_bits = FINE_BITS if grid.bits > FINE_BITS else 0
        coarse, fine = softmax_tables(grid.scale, grid.bits, fine_bits)
        return SoftmaxLaw(coarse=coarse, fine=fine, input_bits=grid.bits, fine_bits=fine_bits, masked=self.masked)


@final
class Exponential(SoftmaxRows):
    """E19. Its real value is the softmax: what the numerators become when `weighted_mean` divides by their sum."""

    law_class = ExponentialLaw

    def build(self) -> ExponentialLaw:
        """The law's numerators."""
        grid = self.operands[0].grid
        table = exponential_table(grid.scale, grid.bits)
        return ExponentialLaw(table=table, input_bits=grid.bits, masked=self.masked)
