"""Embedding: the row of a token, brought to the grid of the result (E26)."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float64
from torch import Tensor
from torch.nn import functional

from earnest.integer.dimension import Symbols
from earnest.integer.law.embedding import Embedding as EmbeddingLaw
from earnest.integer.law.operator import Operator
from earnest.nn.weight import WeightCodes
from earnest.numerics.multiplier import multipliers
from earnest.numerics.weight import live_rows


@final
class Embedding(WeightCodes):
    """E26: `weight` is [tokens, width]. The operand's codes are tokens."""

    law_class = EmbeddingLaw

    def effective_scale(self) -> Float64[Tensor, " out"]:
        """Scale of each row, raised where a row is nearly dead."""
        scale = live_rows(self.weight_scale.cpu().numpy(), self.output.grid.scale)
        return torch.from_numpy(scale).to(self.weight.device)

    def build(self) -> Operator:
        """The law's embedding."""
        output = self.output.grid
        multiplier, shift = multipliers(self.effective_scale().cpu().numpy() / output.scale)
        return EmbeddingLaw(
            multiplier=multiplier,
            shift=shift,
            zero_point=output.zero_point,
            bits=output.bits,
            signed=output.signed,
            **self.coded(),
        )

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """torch's embedding."""
        del symbols
        return functional.embedding(inputs[0].long(), parameters[0])
