"""BiasNorm over the last axis: an RMS norm with an offset in the variance alone (E31) [Yao 2024, Zipformer,
arXiv:2310.11230, section 3.3].

    D[c] = N (x[c] - z_x),   V = N sum_c (x[c] - o[c])^2 + eps

o[c] is the code of the offset of a channel, on the grid of x but not within its width. k, v and r are those of a layer
norm (E21). D is not what V is made of, so that eps alone bounds the normalised value n: r 2^-k does not grow with V,
which is at least eps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import shift_round, widen
from earnest.integer.law.norm import inverse_root, prove_variance
from earnest.integer.law.operator import Proof, check_zero_point, constant
from earnest.integer.law.row_norm import RowNorm

Array = Any

OFFSET_BITS = 24
"""Width of an offset."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class BiasNorm(RowNorm):
    """E31."""

    kind: ClassVar[str] = "bias_norm"

    offset: Array = constant(OFFSET_BITS, role="biases")
    epsilon: int
    input_bits: int
    input_zero_point: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """Constants for each of N channels, and a result of the law."""
        super().check(proof)
        channels = self.multiplier.shape
        proof.require(self.offset.shape == channels, f"expected offsets of shape {channels}, got {self.offset.shape}")

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Every width that the equation forms, for the N, the zero point and the offsets at hand."""
        (x,) = inputs
        channels = self.channels_of(x, proof)
        check_zero_point(self.input_zero_point, x, proof)
        low, high = x.low - int(self.offset.max()), x.high - int(self.offset.min())
        prove_variance(channels, low, high, self.epsilon, f"{channels} codes of {x.bits} bits from offsets", proof)
        self.prove_scaled(self._largest_normalised(channels * x.centred(self.input_zero_point), proof), proof)
        return Domain.full(self.bits, signed=self.signed, shape=x.shape)

    def _largest_normalised(self, deviation: int, proof: Proof) -> int:
        """The largest |n| for |D| up to `deviation`: r 2^-k is largest where V is eps. D r is proved to fit int64."""
        root, k = (int(each[0]) for each in inverse_root(np.asarray([self.epsilon], dtype=np.int64)))
        proof.wide((deviation << 16) + (1 << (15 + 16)))
        return ((deviation * root) >> (16 + k)) + 1

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E31."""
        del symbols, accumulation
        codes = widen(inputs[0])
        xp = array_namespace(codes)
        channels = codes.shape[-1]
        around = codes - widen(self.offset)
        root, k = inverse_root(channels * xp.sum(around * around, axis=-1, keepdims=True) + self.epsilon)
        n = shift_round(channels * (codes - self.input_zero_point) * root, 16 + k)
        return self.finish(n)
