"""Softmax over the last axis: 16-bit probabilities with one division per row (E18), or 8-bit numerators (E19).

The division that the numerators leave out is done after the product with the values, by `weighted_mean` (E20).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import MANTISSA_BITS, MANTISSA_LOW, bit_length, clamp, widen
from earnest.integer.locality import Product, RowByRow
from earnest.integer.matmul import product_shape
from earnest.integer.operator import (
    Proof,
    check_multiplier,
    check_output,
    check_zero_point,
    constant,
)
from earnest.integer.places import Place, Reading, Scores
from earnest.integer.table import check_entries, look_up

Array = Any

ONE = 32767
"""The code of probability 1, and of the numerator of a row's maximum."""

SUM_DIGITS = 32
"""Digits that the sum of a row's weights may have."""


def causal(shape: tuple[int, ...], xp: Any, device: Any) -> Array:
    """True where key j may be seen by query i: j - i <= keys - queries."""
    queries, keys = shape[-2:]
    i = xp.reshape(xp.arange(queries, device=device), (-1, 1))
    return xp.reshape(xp.arange(keys, device=device), (1, -1)) - i <= keys - queries


def _below_maximum(x: Array, masked: bool) -> tuple[Array, Array | None]:
    """max(row) - x >= 0 in int64, and the mask, if there is one; masked keys do not enter the maximum."""
    xp = array_namespace(x)
    codes = widen(x)
    if not masked:
        return xp.max(codes, axis=-1, keepdims=True) - codes, None
    seen = causal(codes.shape, xp, codes.device)
    lowest = xp.asarray(-(1 << 30), dtype=codes.dtype, device=codes.device)
    top = xp.max(xp.where(seen, codes, lowest), axis=-1, keepdims=True)
    return xp.where(seen, top - codes, xp.zeros_like(codes)), seen


def _erase(numerators: Array, seen: Array | None) -> Array:
    xp = array_namespace(numerators)
    return numerators if seen is None else xp.where(seen, numerators, xp.zeros_like(numerators))


def _check_scores(x: Domain, bits: int, masked: bool, proof: Proof) -> None:
    if x.bits != bits:
        proof.refuse(f"expected scores of {bits} bits, got {x.bits}")
    if len(x.shape) < 1 + masked:
        proof.refuse(f"expected [..., keys], [..., queries, keys] if masked, got {x.shape}")
    if masked and x.shape[-2] > x.shape[-1]:
        proof.refuse(f"expected as many keys as queries under a mask, got {x.shape}")


class OverKeys(RowByRow):
    """An operator over the keys of each query, under the causal mask where it is `masked`."""

    row_local: ClassVar[bool] = False
    masked: bool

    def place(self, reading: Reading) -> Place:
        """Scores of tokens need the mask, and only they have one."""
        (place,) = reading.places
        if isinstance(place, Scores) and self.masked:
            return Scores(masked=True)
        if self.masked:
            raise reading.refuse("masks what is no score of tokens")
        return super().place(reading)


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
        _check_scores(x, self.input_bits, self.masked, proof)
        keys = x.shape[-1]
        proof.wide(max(keys * ONE, ONE << 31, (ONE + 1) << 31))
        return Domain(bits=16, signed=True, shape=x.shape, low=0, high=ONE, row_sum=ONE + (keys + 1) // 2)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E18."""
        del symbols, accumulation
        (x,) = inputs
        xp = array_namespace(x)
        distance, seen = _below_maximum(x, self.masked)
        numerators = widen(look_up(self.coarse, distance >> self.fine_bits))
        if self.fine_bits:
            fine = widen(look_up(self.fine, distance & ((1 << self.fine_bits) - 1)))
            numerators = (numerators * fine + (1 << 14)) >> 15
        numerators = _erase(numerators, seen)
        reciprocal = (ONE << 31) // xp.sum(numerators, axis=-1, keepdims=True)
        return (numerators * reciprocal + (1 << 30)) >> 31


@dataclass(frozen=True, kw_only=True, eq=False)
class Exponential(OverKeys):
    """E19: e = table[max - x], 0 .. 255, the row's maximum giving 255; a masked key gives 0."""

    kind: ClassVar[str] = "exponential"
    bits: ClassVar[int] = 8
    signed: ClassVar[bool] = False

    table: Array = constant(8, signed=False, role="tables")
    input_bits: int
    masked: bool

    def check(self, proof: Proof) -> None:
        """An entry for each code, the first of them 255."""
        check_entries(self.table, self.input_bits, "entries", proof)
        proof.require(int(self.table[0]) == 255, "expected a table that starts at 255")

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """8 unsigned bits."""
        (x,) = inputs
        _check_scores(x, self.input_bits, self.masked, proof)
        return Domain.full(8, signed=False, shape=x.shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E19."""
        del symbols, accumulation
        (x,) = inputs
        distance, seen = _below_maximum(x, self.masked)
        return _erase(widen(look_up(self.table, distance)), seen)


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightedMean(Product):
    """E20: A = sum_k e[i, k] (v[k, j] - z_v), S = sum_k e[i, k]; q = floor(m 2^n / S), n such that 2^15 <= q < 2^16;
    y = clamp(z + shift_round(A q, s + n)); 0 weights throughout give z.
    """

    kind: ClassVar[str] = "weighted_mean"

    right_bits: int
    right_zero_point: int
    multiplier: int
    shift: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """One positive multiplier, and a result of the law."""
        check_multiplier(self.multiplier, self.shift, proof)
        proof.require(self.multiplier > 0, f"expected a positive multiplier, got {self.multiplier}")
        check_output(self.bits, self.signed, self.zero_point, proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Both sums fit the accumulator; the product with q and its shift fit int64."""
        left, right = inputs
        if left.signed or left.bits > 8:
            proof.refuse(f"expected weights of 8 unsigned bits, got {left.bits}, signed {left.signed}")
        if right.bits != self.right_bits:
            proof.refuse(f"expected values of {self.right_bits} bits, got {right.bits}")
        check_zero_point(self.right_zero_point, right, proof)
        shape = product_shape(left, right, proof)
        total = proof.accumulator(left.shape[-1] * left.high)
        sums = proof.accumulator(total * right.centred(self.right_zero_point))
        digits = total.bit_length()
        if digits > SUM_DIGITS:
            proof.refuse(f"the weights of a row can sum to {total}; expected below 2^{SUM_DIGITS}")
        proof.wide((sums << MANTISSA_BITS) + (1 << (self.shift + digits)))
        proof.wide(self.multiplier << digits)
        return Domain.full(self.bits, signed=self.signed, shape=shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E20."""
        del symbols
        left, right = inputs
        xp = array_namespace(left)
        values = xp.astype(right, xp.int32) - self.right_zero_point
        sums = accumulation.matmul(left, values, left.shape[-1] << (8 + self.right_bits))
        total = xp.sum(widen(left), axis=-1, keepdims=True)
        total = xp.where(total == 0, xp.ones_like(total), total)
        digits = bit_length(total, SUM_DIGITS) - 1
        digits = digits + xp.astype((self.multiplier << digits) // total < MANTISSA_LOW, digits.dtype)
        mantissa, shift = (self.multiplier << digits) // total, self.shift + digits
        low, high = code_range(self.bits, signed=self.signed)
        return clamp(((sums * mantissa + (1 << (shift - 1))) >> shift) + self.zero_point, low, high)
