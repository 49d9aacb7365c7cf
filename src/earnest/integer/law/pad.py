"""Pad: the zero point around each axis (E23)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Operator, Proof, check_zero_point
from earnest.integer.law.places import Place, Reading, Rows

Array = Any


def pad(x: Array, before_and_after: tuple[tuple[int, int], ...], value: int) -> Array:
    """x with `value` around it."""
    xp = array_namespace(x)
    if all(amounts == (0, 0) for amounts in before_and_after):
        return x
    extents = tuple(size + sum(amounts) for size, amounts in zip(x.shape, before_and_after, strict=True))
    padded = xp.full(extents, value, dtype=x.dtype, device=x.device)
    inside = tuple(slice(first, first + size) for size, (first, _) in zip(x.shape, before_and_after, strict=True))
    padded[inside] = x
    return padded


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Pad(Operator):
    """The zero point before and after each axis."""

    kind: ClassVar[str] = "pad"

    before: tuple[int, ...]
    after: tuple[int, ...]
    zero_point: int

    def place(self, reading: Reading) -> Place:
        """That of the operand, where nothing is put beside the tokens."""
        place = reading.common()
        if not isinstance(place, Rows) or self.before[place.axis] or self.after[place.axis]:
            raise reading.refuse("puts codes before or behind the tokens")
        return place

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """One pair of amounts for each axis."""
        (x,) = inputs
        check_zero_point(self.zero_point, x, proof)
        amounts = (*self.before, *self.after)
        fits = len(self.before) == len(self.after) == len(x.shape) and all(0 <= a <= 1 << 16 for a in amounts)
        if not fits:
            proof.refuse(f"expected two amounts of 0 or more for each of {len(x.shape)} axes")
        shape = tuple(b + n + a for b, n, a in zip(self.before, x.shape, self.after, strict=True))
        low, high = min(x.low, self.zero_point), max(x.high, self.zero_point)
        return Domain(bits=x.bits, signed=x.signed, shape=shape, low=low, high=high)

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E23."""
        del symbols, accumulation
        return pad(inputs[0], tuple(zip(self.before, self.after, strict=True)), self.zero_point)
