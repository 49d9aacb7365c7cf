"""Softmax over the last axis: 16-bit probabilities with one division per row (E18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import widen
from earnest.integer.law.look_up import look_up
from earnest.integer.law.operator import Proof, constant
from earnest.integer.law.over_keys import ONE, OverKeys, below_maximum, check_scores, erase

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Softmax(OverKeys):
    """E18: d = max - x; e = shift_round(coarse[d >> f] * fine[d & (2^f - 1)], 15); R = floor(32767 * 2^31 / sum e);
    p = (e R + 2^30) >> 31.

    `coarse` and `fine` hold exp of the coarse and the fine part of d in Q15; 2^f entries are fine, 2^(b-f) coarse.
    """

    kind: ClassVar[str] = "softmax"
    bits: ClassVar[int] = 16
    signed: ClassVar[bool] = True

    coarse: Array = constant(16, signed=False, role="tables")
    fine: Array = constant(16, signed=False, role="tables")
    input_bits: int
    fine_bits: int
    masked: bool

    def check(self, proof: Proof) -> None:
        """Two tables that make one of every code, each with its largest entry first."""
        bits = self.input_bits
        proof.require(1 <= bits <= 16, f"expected scores of 1 to 16 bits, got {bits}")
        proof.require(
            0 <= self.fine_bits < bits,
            f"expected scores of {bits} bits to have 0 .. {bits - 1} fine bits, got {self.fine_bits}",
        )
        entries = (1 << (bits - self.fine_bits),), (1 << self.fine_bits,)
        proof.require((self.coarse.shape, self.fine.shape) == entries, f"expected tables of {entries}")
        proof.require(
            int(self.coarse.max()) == int(self.coarse[0]) == ONE
            and int(self.fine.max()) == int(self.fine[0]) == ONE + 1,
            f"expected tables that start at their largest entries, {ONE} and {ONE + 1}",
        )

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """The rows of the result sum to at most 32767 + keys / 2."""
        (x,) = inputs
        check_scores(x, self.input_bits, self.masked, proof)
        keys = x.shape[-1]
        proof.wide(max(keys * ONE, ONE << 31, (ONE + 1) << 31))
        return Domain(bits=16, signed=True, shape=x.shape, low=0, high=ONE, row_sum=ONE + (keys + 1) // 2)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E18."""
        del symbols, accumulation
        (x,) = inputs
        xp = array_namespace(x)
        distance, seen = below_maximum(x, self.masked)
        numerators = widen(look_up(self.coarse, distance >> self.fine_bits))
        if self.fine_bits:
            fine = widen(look_up(self.fine, distance & ((1 << self.fine_bits) - 1)))
            numerators = (numerators * fine + (1 << 14)) >> 15
        numerators = erase(numerators, seen)
        reciprocal = (ONE << 31) // xp.sum(numerators, axis=-1, keepdims=True)
        return (numerators * reciprocal + (1 << 30)) >> 31
