"""Gated recurrent unit [Cho 2014, arXiv:1406.1078; its reset gate behind the product, as torch has it] (E30)."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.fixed_point import shift_round
from earnest.integer.law.recurrence import _ONE_BITS, Recurrence, _clamp

Array = Any


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class GatedRecurrentUnit(Recurrence):
    """E30: the gates are reset, update, new, and the hidden state is carried in 16 bits."""

    kind: ClassVar[str] = "gru"
    gates: ClassVar[int] = 3

    def advance(self, x: Array, u: Array, carried: Array) -> tuple[Array, Array]:
        """E30: H[t], a mean of n and H[t - 1], which therefore saturates nowhere."""
        (x_r, x_z, x_n), (u_r, u_z, u_n) = self.parts(x), self.parts(u)
        r, z = self.opened(_clamp(x_r + u_r)), self.opened(_clamp(x_z + u_z))
        n = self.bent(_clamp(x_n + shift_round(r * u_n, _ONE_BITS)))
        state = shift_round(((1 << _ONE_BITS) - z) * n + z * carried, _ONE_BITS)
        return state, state
