"""Long short-term memory [Hochreiter 1997, with the forget gate of Gers 2000] (E29)."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.fixed_point import shift_round
from earnest.integer.law.recurrence import ARGUMENT_FRACTION_BITS, ONE_BITS, Recurrence, clamp_state

Array = Any


_CELL_SHIFT = 2 * ONE_BITS - ARGUMENT_FRACTION_BITS

_FORGET_SHIFT = ONE_BITS - ARGUMENT_FRACTION_BITS


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class LongShortTermMemory(Recurrence):
    """E29: the gates are input, forget, cell, output, and the cell is carried."""

    kind: ClassVar[str] = "lstm"
    gates: ClassVar[int] = 4

    def advance(self, x: Array, u: Array, carried: Array) -> tuple[Array, Array]:
        """E29: c[t] and o tanh(c[t])."""
        i, f, g, o = self.parts(clamp_state(x + u))
        kept = (self.opened(f) * carried) << _FORGET_SHIFT
        cell = clamp_state(shift_round(kept + self.opened(i) * self.bent(g), _CELL_SHIFT))
        return cell, self.opened(o) * self.bent(cell)
