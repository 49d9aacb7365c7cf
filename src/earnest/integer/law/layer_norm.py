"""Layer norm over the last axis, without a rounding before the root (E21): what `norm` normalises, by channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import widen
from earnest.integer.law.norm import largest_normalised, normalised, prove_normalised
from earnest.integer.law.operator import Proof
from earnest.integer.law.row_norm import RowNorm

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class LayerNorm(RowNorm):
    """E21."""

    kind: ClassVar[str] = "layer_norm"

    epsilon: int
    input_bits: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """Constants for each of N channels; what follows the normalised value is proved to fit int64."""
        super().check(proof)
        self.prove_scaled(largest_normalised(self.multiplier.shape[0]), proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """What precedes the normalised value is proved to fit int64 for the N and the width at hand."""
        (x,) = inputs
        channels = self.channels_of(x, proof)
        what = f"{channels} codes of {x.bits} bits"
        prove_normalised(channels, x.low, x.high, self.epsilon, what, proof)
        return Domain.full(self.bits, signed=self.signed, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E21."""
        del symbols, accumulation
        (x,) = inputs
        n = normalised(widen(x), self.epsilon, centred=True)
        return self.finish(n)
