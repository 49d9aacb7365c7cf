"""Layer norm over the last axis, without a rounding before the root (E21): what `norm` normalises, by channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import clamp, shift_round, widen
from earnest.integer.law.locality import RowByRow
from earnest.integer.law.norm import Norm, largest_normalised, normalised, prove_normalised
from earnest.integer.law.operator import Proof, check_output

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class LayerNorm(RowByRow, Norm):
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
        check_output(self.bits, self.signed, self.zero_point, proof)
        proof.require(self.epsilon >= 1, f"expected an epsilon of at least 1, got {self.epsilon}")
        self.prove_scaled(largest_normalised(self.multiplier.shape[0]), proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """What precedes the normalised value is proved to fit int64 for the N and the width at hand."""
        (x,) = inputs
        channels = self.multiplier.shape[0]
        if x.bits != self.input_bits:
            proof.refuse(f"expected an input of {self.input_bits} bits, got {x.bits}")
        if x.shape[-1:] != (channels,):
            proof.refuse(f"expected {channels} channels, got an input of {x.shape}")
        what = f"{channels} codes of {x.bits} bits"
        prove_normalised(channels, x.low, x.high, self.epsilon, what, proof)
        return Domain.full(self.bits, signed=self.signed, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E21."""
        del symbols, accumulation
        (x,) = inputs
        n = normalised(widen(x), self.epsilon, centred=True)
        scaled = shift_round(n * widen(self.multiplier) + self.bias, widen(self.shift))
        low, high = code_range(self.bits, signed=self.signed)
        return clamp(scaled + self.zero_point, low, high)
