"""What the norms share: the root, the normalised value, and what is proved of all of them (E21, E25, E28).

S = sum x, Q = sum x^2, D = N x - S, V = N Q - S^2 + eps; with S = 0 where no mean is taken away. V is brought to v in
[2^30, 2^32) by an even shift, V = v 2^(2k) rounded down, and r = floor(2^31 / sqrt(v)), the largest integer with r^2 v
<= 2^62. Then n = shift_round(D r, 16 + k) is the normalised value in Q15, and y = clamp(z + shift_round(n m[c] + b[c],
s[c])). D does not depend on the zero point of x.
"""

from dataclasses import dataclass
from math import isqrt
from typing import Any

from array_api_compat import array_namespace

from earnest.integer.fixed_point import shift_round, square_root
from earnest.integer.law.operator import Operator, Proof, check_multiplier, constant

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


def normalised(codes: Array, epsilon: int, *, centred: bool) -> Array:
    """n of int64 codes over their last axis; without a mean taken away unless `centred`."""
    xp = array_namespace(codes)
    count = codes.shape[-1]
    squares = xp.sum(codes * codes, axis=-1, keepdims=True)
    total = xp.sum(codes, axis=-1, keepdims=True) if centred else xp.zeros_like(squares)
    root, k = inverse_root(count * squares - total * total + epsilon)
    return shift_round((count * codes - total) * root, 16 + k)


def largest_normalised(count: int) -> int:
    """What no normalised value of `count` codes exceeds: |n| <= sqrt(N) 2^15 + 1."""
    return (isqrt(count) + 1) << FRACTION_BITS


def prove_variance(count: int, low: int, high: int, epsilon: int, what: str, proof: Proof) -> None:
    """V fits its width, for `count` numbers from `low` to `high` that are squared; `what` names them."""
    digits = (count * count * max(abs(low), abs(high)) ** 2 + epsilon).bit_length()
    if digits > LARGEST_VARIANCE_BITS:
        proof.refuse(f"the variance of {what} can need {digits} bits; expected at most {LARGEST_VARIANCE_BITS}")


def prove_normalised(count: int, low: int, high: int, epsilon: int, what: str, proof: Proof) -> None:
    """What precedes the normalised value fits int64, for `count` codes from `low` to `high`; `what` names them."""
    prove_variance(count, low, high, epsilon, what, proof)
    proof.wide(count * (high - low) * (1 << 16) + (1 << 31))


@dataclass(frozen=True, kw_only=True, eq=False)
class Norm(Operator):
    """The constants that follow the normalised value: a multiplier, a shift and a bias for each channel."""

    multiplier: Array = constant(17, role="multipliers_and_shifts")
    shift: Array = constant(8, signed=False, role="multipliers_and_shifts")
    bias: Array = constant(64, role="biases")

    def check(self, proof: Proof) -> None:
        """One of each for each channel, multipliers by their law."""
        proof.require(self.multiplier.ndim == 1, f"expected multipliers of 1 axis, got {self.multiplier.shape}")
        channels = self.multiplier.shape[0]
        proof.require(
            self.shift.shape == self.bias.shape == (channels,),
            f"expected {channels} channels, got {self.shift.shape} shifts and {self.bias.shape} biases",
        )
        check_multiplier(self.multiplier, self.shift, proof, channels=channels)

    def prove_scaled(self, largest: int, proof: Proof) -> None:
        """What follows a normalised value of at most `largest` in magnitude fits int64."""
        parts = zip(self.multiplier.tolist(), self.bias.tolist(), self.shift.tolist(), strict=True)
        proof.wide(max(abs(m) * largest + abs(bias) + (1 << (s - 1)) for m, bias, s in parts))
