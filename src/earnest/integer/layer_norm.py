"""Layer norm over the last axis, without a rounding before the root (E21).

S = sum x, Q = sum x^2, D = N x - S, V = N Q - S^2 + eps. V is brought to v in [2^30, 2^32) by an even shift,
V = v 2^(2k) rounded down, and r = floor(2^31 / sqrt(v)), the largest integer with r^2 v <= 2^62. Then
n = shift_round(D r, 16 + k) is the normalised value in Q15, and y = clamp(z + shift_round(n m[c] + b[c], s[c])).
D does not depend on the zero point of x.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any, ClassVar

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import clamp, shift_round, square_root, widen
from earnest.integer.operator import Operator, Proof, check_multiplier, check_output, constant

Array = Any

FRACTION_BITS = 15
LARGEST_VARIANCE_BITS = 62


def even_shift(variance: Array) -> Array:
    """k with 2^30 <= V / 4^k < 2^32, from -15 to 15, for 1 <= V < 2^62."""
    xp = array_namespace(variance)
    k = xp.zeros_like(variance)
    for step in range(1, 16):
        k = k + xp.astype(variance >= (1 << (30 + 2 * step)), k.dtype)
        k = k - xp.astype(variance < (1 << (32 - 2 * step)), k.dtype)
    return k


def inverse_root(variance: Array) -> tuple[Array, Array]:
    """r and k of the module's equation: 1 / sqrt(V) is about r 2^-(31 + k)."""
    xp = array_namespace(variance)
    k = even_shift(variance)
    zero = xp.zeros_like(k)
    v = xp.where(k >= 0, variance >> xp.where(k >= 0, 2 * k, zero), variance << xp.where(k < 0, -2 * k, zero))
    return square_root((1 << 62) // v), k


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerNorm(Operator):
    """E21."""

    kind: ClassVar[str] = "layer_norm"

    multiplier: Array = constant(17)
    shift: Array = constant(8, signed=False)
    bias: Array = constant(64)
    epsilon: int
    input_bits: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """Constants for each of N channels; what follows the normalised value is proved to fit int64."""
        proof.require(self.multiplier.ndim == 1, f"expected multipliers of 1 axis, got {self.multiplier.shape}")
        channels = self.multiplier.shape[0]
        proof.require(
            self.shift.shape == self.bias.shape == (channels,),
            f"expected {channels} channels, got {self.shift.shape} shifts and {self.bias.shape} biases",
        )
        check_multiplier(self.multiplier, self.shift, proof, channels=channels)
        check_output(self.bits, self.signed, self.zero_point, proof)
        proof.require(self.epsilon >= 1, f"expected an epsilon of at least 1, got {self.epsilon}")
        normalised = (isqrt(channels) + 1) << FRACTION_BITS
        parts = zip(self.multiplier.tolist(), self.bias.tolist(), self.shift.tolist(), strict=True)
        proof.wide(max(abs(m) * normalised + abs(bias) + (1 << (s - 1)) for m, bias, s in parts))

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """What precedes the normalised value is proved to fit int64 for the N and the width at hand."""
        (x,) = inputs
        channels = self.multiplier.shape[0]
        if x.bits != self.input_bits:
            proof.refuse(f"expected an input of {self.input_bits} bits, got {x.bits}")
        if x.shape[-1:] != (channels,):
            proof.refuse(f"expected {channels} channels, got an input of {x.shape}")
        variance = channels * channels * x.magnitude**2 + self.epsilon
        digits = variance.bit_length()
        if digits > LARGEST_VARIANCE_BITS:
            proof.refuse(
                f"the variance of {channels} codes of {x.bits} bits can need {digits} bits; expected at most "
                f"{LARGEST_VARIANCE_BITS}"
            )
        proof.wide(channels * (x.high - x.low) * (1 << 16) + (1 << 31))
        return Domain.full(self.bits, signed=self.signed, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E21."""
        del symbols, accumulation
        (x,) = inputs
        xp = array_namespace(x)
        codes, count = widen(x), x.shape[-1]
        total = xp.sum(codes, axis=-1, keepdims=True)
        squares = xp.sum(codes * codes, axis=-1, keepdims=True)
        root, k = inverse_root(count * squares - total * total + self.epsilon)
        normalised = shift_round((count * codes - total) * root, 16 + k)
        scaled = shift_round(normalised * widen(self.multiplier) + self.bias, widen(self.shift))
        low, high = code_range(self.bits, signed=self.signed)
        return clamp(scaled + self.zero_point, low, high)
