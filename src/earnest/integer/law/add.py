"""Sum of several grids: y = clamp(z + shift_round(sum_i (x_i - z_i) m_i, s)) (E13).

One common shift; the smallest |m_i| that is not 0 is at least 2^15 and the larger ones are as wide as the ratio
needs, with the sum proved below 2^52: one rounding, never one per term. With a single operand it is a change of grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import MANTISSA_LOW, SHIFT_HIGH, SHIFT_LOW, clamp, shift_round, widen
from earnest.integer.law.locality import CodeByCode
from earnest.integer.law.matmul import broadcast
from earnest.integer.law.operator import Proof, check_output, check_zero_point

Array = Any

SUM_BITS = 52


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Add(CodeByCode):
    """E13."""

    kind: ClassVar[str] = "add"
    arity: ClassVar[int | None] = None

    zero_points: tuple[int, ...]
    multipliers: tuple[int, ...]
    shift: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """Multipliers wide enough and not too wide, a shift and a result of the law."""
        proof.require(SHIFT_LOW <= self.shift <= SHIFT_HIGH, f"expected a shift in 1 .. 47, got {self.shift}")
        large = [m for m in self.multipliers if abs(m) >= 1 << SUM_BITS]
        proof.require(not large, f"expected multipliers below 2^{SUM_BITS} in magnitude, got {large}")
        small = [m for m in self.multipliers if m != 0 and abs(m) < MANTISSA_LOW]
        proof.require(not small, f"expected multipliers 0 or at least 2^15 in magnitude, got {small}")
        check_output(self.bits, self.signed, self.zero_point, proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Operands broadcast; the sum before its shift is proved below 2^52."""
        count = len(inputs)
        if count < 1 or len(self.zero_points) != count or len(self.multipliers) != count:
            proof.refuse(f"expected a zero point and a multiplier for each of {count} operands")
        shape = inputs[0].shape
        total = 1 << (self.shift - 1)
        for domain, zero_point, multiplier in zip(inputs, self.zero_points, self.multipliers, strict=True):
            check_zero_point(zero_point, domain, proof)
            shape = broadcast(shape, domain.shape, proof)
            total += domain.centred(zero_point) * abs(multiplier)
        if total >= 1 << SUM_BITS:
            proof.refuse(f"the sum can reach {total}; expected below 2^{SUM_BITS}")
        proof.wide(total)
        return Domain.full(self.bits, signed=self.signed, shape=shape)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E13."""
        del symbols, accumulation
        terms = [
            (widen(x) - zero_point) * multiplier
            for x, zero_point, multiplier in zip(inputs, self.zero_points, self.multipliers, strict=True)
        ]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        low, high = code_range(self.bits, signed=self.signed)
        return clamp(shift_round(total, self.shift) + self.zero_point, low, high)
