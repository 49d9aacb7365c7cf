"""Weighted mean: the product of 8-bit numerators and values, divided by the sum of the numerators (E20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import MANTISSA_BITS, MANTISSA_LOW, bit_length, clamp, widen
from earnest.integer.law.locality import Product
from earnest.integer.law.matmul import product_shape
from earnest.integer.law.operator import Proof, check_multiplier, check_output, check_zero_point

Array = Any


SUM_DIGITS = 32
"""Digits that the sum of a row's weights may have."""


@final
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
