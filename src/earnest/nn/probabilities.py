"""Edges of what a softmax makes: probabilities of 16 bits, or numerators of 8."""

import torch
from jaxtyping import Float
from torch import Tensor

from earnest.integer.law.over_keys import ONE
from earnest.nn.edge import FixedEdge

PROBABILITY_BITS = 16


def probabilities() -> FixedEdge:
    """The edge of 16-bit probabilities: 32767 is 1."""
    return FixedEdge(bits=PROBABILITY_BITS, signed=True, scale=1.0 / ONE)


class NumeratorEdge(FixedEdge):
    """The edge of 8-bit numerators: 255 is the row's maximum; their real values are the probabilities of the row."""

    def __init__(self) -> None:
        super().__init__(bits=8, signed=False, scale=1.0 / 255)

    def real(self, carrier: Float[Tensor, "*rows keys"]) -> Float[Tensor, "*rows keys"]:
        """Numerators divided by the sum of their row."""
        return carrier / carrier.sum(dim=-1, keepdim=True)

    def nearest(self, x: Float[Tensor, "*rows keys"]) -> Float[Tensor, "*rows keys"]:
        """Probabilities as numerators relative to the greatest of their row, divided by the sum."""
        numerators = super().nearest(x / x.amax(dim=-1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny))
        return numerators / numerators.sum(dim=-1, keepdim=True).clamp_min(self.grid.scale)
