"""Linear: y[..., o] = requantize(sum_k w[o, k] x[..., k] + b[o]; m[o], s[o], z) (E10).

The bias is in units of s_x * s_w[o] and holds -z_x * sum_k w[o, k], so that the sum runs over bare codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range, weight_limit
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import requantize, widen
from earnest.integer.operator import Operator, Proof, check_multiplier, check_output, constant

Array = Any


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighted(Operator):
    """What linear and convolution share: weight codes, a folded bias, one multiplier per output channel."""

    weight: Array = constant("weight_bits")
    bias: Array = constant(32)
    multiplier: Array = constant(16, signed=False)
    shift: Array = constant(8, signed=False)
    weight_bits: int
    weight_map: str
    input_bits: int
    input_signed: bool
    zero_point: int
    bits: int
    signed: bool

    @cached_property
    def magnitudes(self) -> Array:
        """sum |w| of each output channel."""
        return np.abs(np.asarray(self.weight).astype(np.int64)).reshape(self.weight.shape[0], -1).sum(axis=1)

    @cached_property
    def largest(self) -> int:
        """The largest |w|."""
        return int(np.abs(np.asarray(self.weight).astype(np.int64)).max())

    @cached_property
    def odd(self) -> bool:
        """True if every weight code is odd."""
        return bool((np.asarray(self.weight) & 1 == 1).all())

    @cached_property
    def bound(self) -> int:
        """No partial sum of products exceeds this, whatever the input's codes."""
        low, high = code_range(self.input_bits, signed=self.input_signed)
        return int(self.magnitudes.max()) * max(-low, high)

    def check(self, domain: Domain, proof: Proof) -> None:
        """Constants against the law, and the overflow proof from the real weights."""
        proof.require(
            (domain.bits, domain.signed) == (self.input_bits, self.input_signed),
            f"expected an input of {self.input_bits} bits, signed {self.input_signed}, "
            f"got {domain.bits}, {domain.signed}",
        )
        limit = weight_limit(self.weight_bits, self.weight_map)
        proof.require(self.largest <= limit, f"expected weight codes up to {limit}, got {self.largest}")
        proof.require(self.weight_map != "odd" or self.odd, "expected odd weight codes only")
        channels = self.weight.shape[0]
        proof.require(self.bias.shape == (channels,), f"expected {channels} biases, got {self.bias.shape}")
        check_multiplier(self.multiplier, self.shift, proof, channels=channels)
        check_output(self.bits, self.signed, self.zero_point, proof)
        sums = self.magnitudes * domain.magnitude + np.abs(self.bias.astype(np.int64))
        proof.accumulator(int(sums.max()))

    def finish(self, sums: Array, channel_axis: int) -> Array:
        """Bias and requantization of the sums."""
        xp = array_namespace(sums)
        shape = [1] * sums.ndim
        shape[channel_axis] = -1
        bias, multiplier, shift = (
            xp.reshape(widen(array), tuple(shape)) for array in (self.bias, self.multiplier, self.shift)
        )
        low, high = code_range(self.bits, signed=self.signed)
        return requantize(sums + bias, multiplier, shift, self.zero_point, low, high)


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear(Weighted):
    """E10 over the last axis; `weight` is [out, in]."""

    kind: ClassVar[str] = "linear"

    def infer(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Shape [..., in] to [..., out]; the sums are proved for every row of the weight."""
        (x,) = inputs
        proof.require(self.weight.ndim == 2, f"expected a weight of 2 axes, got {self.weight.shape}")
        features = self.weight.shape[1]
        proof.require(
            len(x.shape) > 0 and x.shape[-1] == features, f"expected {features} features, got an input of {x.shape}"
        )
        self.check(x, proof)
        shape = (*x.shape[:-1], self.weight.shape[0])
        return Domain.full(self.bits, signed=self.signed, shape=shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E10."""
        del symbols
        (x,) = inputs
        xp = array_namespace(x)
        rows = xp.reshape(x, (-1, x.shape[-1]))
        sums = accumulation.matmul(rows, self.weight.T, self.bound)
        return xp.reshape(self.finish(sums, -1), (*x.shape[:-1], self.weight.shape[0]))
