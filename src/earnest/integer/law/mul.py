"""Product of two activations, element by element: y = requantize((a - z_a)(b - z_b); m, s, z) (E14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import requantize, widen
from earnest.integer.law.locality import CodeByCode
from earnest.integer.law.matmul import broadcast
from earnest.integer.law.operator import Proof, check_multiplier, check_output, check_zero_point

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Multiply(CodeByCode):
    """E14."""

    kind: ClassVar[str] = "mul"
    arity: ClassVar[int | None] = 2

    left_zero_point: int
    right_zero_point: int
    multiplier: int
    shift: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """One multiplier, and a result of the law."""
        check_multiplier(self.multiplier, self.shift, proof)
        check_output(self.bits, self.signed, self.zero_point, proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Operands broadcast; the product fits the accumulator."""
        left, right = inputs
        check_zero_point(self.left_zero_point, left, proof)
        check_zero_point(self.right_zero_point, right, proof)
        proof.accumulator(left.centred(self.left_zero_point) * right.centred(self.right_zero_point))
        return Domain.full(self.bits, signed=self.signed, shape=broadcast(left.shape, right.shape, proof))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E14."""
        del symbols, accumulation
        left, right = inputs
        product = (widen(left) - self.left_zero_point) * (widen(right) - self.right_zero_point)
        low, high = code_range(self.bits, signed=self.signed)
        return requantize(product, self.multiplier, self.shift, self.zero_point, low, high)
