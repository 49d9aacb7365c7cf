"""Product of two activations: y = requantize(sum_k (a[..., i, k] - z_a)(b[..., k, j] - z_b); m, s, z) (E12).

With m = 2^15, s = 15, z = 0 and a result of 24 bits the accumulator is handed on unrounded, for the add that sums it
with another (the two terms of relative attention): the sum is then rounded once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import MANTISSA_BITS, MANTISSA_LOW, requantize
from earnest.integer.law.locality import Product
from earnest.integer.law.operator import Proof, check_multiplier, check_output, check_zero_point

Array = Any

ACCUMULATOR_BITS = 24
"""Width of an accumulator that is handed on unrounded; proved to hold it."""


def broadcast(left: tuple[int, ...], right: tuple[int, ...], proof: Proof) -> tuple[int, ...]:
    """The shape of two operands together: extents are equal, or one of them is 1."""
    if left == right:
        return left
    rank = max(len(left), len(right))
    pairs = zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True)
    shape: list[int] = []
    for a, b in pairs:
        if a != b and 1 not in (a, b):
            proof.refuse(f"expected shapes that broadcast, got {left} and {right}")
        shape.append(b if a == 1 else a)
    return tuple(shape)


def product_shape(left: Domain, right: Domain, proof: Proof) -> tuple[int, ...]:
    """The shape of a matrix product."""
    if min(len(left.shape), len(right.shape)) < 2:
        proof.refuse(f"expected operands of two axes or more, got {left.shape} and {right.shape}")
    *left_batch, rows, depth = left.shape
    *right_batch, inner, columns = right.shape
    if depth != inner:
        proof.refuse(f"expected [..., i, k] times [..., k, j], got {left.shape} and {right.shape}")
    return (*broadcast(tuple(left_batch), tuple(right_batch), proof), rows, columns)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class MatMul(Product):
    """E12."""

    kind: ClassVar[str] = "matmul"

    left_bits: int
    right_bits: int
    left_zero_point: int
    right_zero_point: int
    multiplier: int
    shift: int
    zero_point: int
    bits: int
    signed: bool

    @property
    def handed_on(self) -> bool:
        """True if requantization changes nothing."""
        return (self.multiplier, self.shift, self.zero_point) == (MANTISSA_LOW, MANTISSA_BITS - 1, 0)

    def check(self, proof: Proof) -> None:
        """One multiplier, and a result of the law."""
        check_multiplier(self.multiplier, self.shift, proof)
        check_output(self.bits, self.signed, self.zero_point, proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """The sum over k is proved from the operands' intervals; rows of probabilities by their sum."""
        left, right = inputs
        if left.bits != self.left_bits or right.bits != self.right_bits:
            proof.refuse(
                f"expected operands of {self.left_bits} and {self.right_bits} bits, got {left.bits} and {right.bits}"
            )
        check_zero_point(self.left_zero_point, left, proof)
        check_zero_point(self.right_zero_point, right, proof)
        shape = product_shape(left, right, proof)
        row = left.shape[-1] * left.centred(self.left_zero_point)
        if left.row_sum is not None and self.left_zero_point == 0:
            row = min(row, left.row_sum)
        bound = proof.accumulator(row * right.centred(self.right_zero_point))
        _, largest = code_range(self.bits, signed=self.signed)
        if self.bits == ACCUMULATOR_BITS and not (self.handed_on and bound <= largest):
            proof.refuse(
                f"a result of {self.bits} bits is the accumulator itself, with multiplier 2^15, shift 15 and zero "
                f"point 0, and it can reach {bound}; expected at most {largest}: use fewer bits"
            )
        if self.bits != ACCUMULATOR_BITS:
            return Domain.full(self.bits, signed=self.signed, shape=shape)
        low = -bound if self.signed else 0
        return Domain(bits=self.bits, signed=self.signed, shape=shape, low=low, high=bound)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E12."""
        del symbols
        left, right = inputs
        xp = array_namespace(left)
        left = xp.astype(left, xp.int32) - self.left_zero_point
        right = xp.astype(right, xp.int32) - self.right_zero_point
        bound = left.shape[-1] << (self.left_bits + self.right_bits)
        sums = accumulation.matmul(left, right, bound)
        low, high = code_range(self.bits, signed=self.signed)
        return requantize(sums, self.multiplier, self.shift, self.zero_point, low, high)
