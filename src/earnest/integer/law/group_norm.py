"""Group norm over time: each group of channels is normalised with all its positions (E25).

x is [batch, C, ...]; the groups are C / G channels each, and N = C / G times the extents after the second axis is how
many codes a group has at the length at hand. x' = shift_round(x, p) for a pre-shift p >= 1, x itself for p = 0, so that
V = N Q - S^2 + E fits int64 at the greatest length. E = max(1, shift_round(N^2 a, t)): eps is a 2^-t in squares of x'.
S, Q, D, the root and the normalised value are those of a layer norm (E21), over the group instead of the last axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import clamp, shift_round, widen
from earnest.integer.law.norm import Norm, largest_normalised, normalised, prove_normalised
from earnest.integer.law.operator import Proof, check_multiplier, check_output

Array = Any

MOST_PRE_SHIFT = 15


def epsilon_of(count: int, multiplier: int, shift: int) -> int:
    """E of the module's equation, at least 1."""
    return max(1, shift_round(count * count * multiplier, shift))


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class GroupNorm(Norm):
    """E25."""

    kind: ClassVar[str] = "group_norm"

    groups: int
    pre_shift: int
    epsilon: int
    epsilon_shift: int
    input_bits: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """Constants for each channel, groups of as many channels each, eps by the law of multipliers."""
        super().check(proof)
        channels = self.multiplier.shape[0]
        proof.require(
            self.groups >= 1 and channels % self.groups == 0,
            f"expected groups of as many channels each, got {self.groups} groups of {channels} channels",
        )
        check_multiplier(self.epsilon, self.epsilon_shift, proof)
        proof.require(self.epsilon >= 0, f"expected an epsilon from 0, got {self.epsilon}")
        proof.require(
            0 <= self.pre_shift <= MOST_PRE_SHIFT,
            f"expected a pre-shift of 0 to {MOST_PRE_SHIFT}, got {self.pre_shift}",
        )
        check_output(self.bits, self.signed, self.zero_point, proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Every width that the equation forms, for the N at this length."""
        (x,) = inputs
        channels = self.multiplier.shape[0]
        if x.bits != self.input_bits:
            proof.refuse(f"expected an input of {self.input_bits} bits, got {x.bits}")
        if len(x.shape) < 3 or x.shape[1] != channels:
            proof.refuse(f"expected [batch, {channels}, ...], got an input of {x.shape}")
        count = channels // self.groups * prod(x.shape[2:])
        proof.wide(count * count * self.epsilon + (1 << (self.epsilon_shift - 1)))
        low, high = (shift_round(end, self.pre_shift) if self.pre_shift else end for end in (x.low, x.high))
        what = f"{count} codes of {x.bits} bits, shifted by {self.pre_shift},"
        prove_normalised(count, low, high, epsilon_of(count, self.epsilon, self.epsilon_shift), what, proof)
        self.prove_scaled(largest_normalised(count), proof)
        return Domain.full(self.bits, signed=self.signed, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E25."""
        del symbols, accumulation
        (x,) = inputs
        xp = array_namespace(x)
        codes = widen(x)
        if self.pre_shift:
            codes = shift_round(codes, self.pre_shift)
        codes = xp.reshape(codes, (x.shape[0], self.groups, -1))
        n = normalised(codes, epsilon_of(codes.shape[-1], self.epsilon, self.epsilon_shift), centred=True)
        rows = xp.reshape(n, (x.shape[0], x.shape[1], -1))
        multiplier, shift, bias = (widen(each)[:, None] for each in (self.multiplier, self.shift, self.bias))
        scaled = shift_round(rows * multiplier + bias, shift)
        low, high = code_range(self.bits, signed=self.signed)
        return xp.reshape(clamp(scaled + self.zero_point, low, high), x.shape)
