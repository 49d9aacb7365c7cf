"""RMS norm over the last axis: a layer norm that takes no mean away (E28) [Zhang 2019, arXiv:1910.07467].

D = N (x - z_x), V = N sum (x - z_x)^2 + eps; the root and the normalised value are those of a layer norm (E21).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import widen
from earnest.integer.law.norm import largest_normalised, normalised, prove_normalised
from earnest.integer.law.operator import Proof, check_zero_point
from earnest.integer.law.row_norm import RowNorm

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class RmsNorm(RowNorm):
    """E28."""

    kind: ClassVar[str] = "rms_norm"

    epsilon: int
    input_bits: int
    input_zero_point: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """Constants for each of N channels; what follows the normalised value is proved to fit int64."""
        super().check(proof)
        self.prove_scaled(largest_normalised(self.multiplier.shape[0]), proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """What precedes the normalised value is proved to fit int64 for the N, the width and the zero point at hand."""
        (x,) = inputs
        channels = self.channels_of(x, proof)
        check_zero_point(self.input_zero_point, x, proof)
        low, high = min(0, x.low - self.input_zero_point), max(0, x.high - self.input_zero_point)
        what = f"{channels} codes of {x.bits} bits"
        prove_normalised(channels, low, high, self.epsilon, what, proof)
        return Domain.full(self.bits, signed=self.signed, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E28."""
        del symbols, accumulation
        (x,) = inputs
        n = normalised(widen(x) - self.input_zero_point, self.epsilon, centred=False)
        return self.finish(n)
