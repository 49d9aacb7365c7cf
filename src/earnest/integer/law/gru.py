"""Gated recurrent unit [Cho 2014, arXiv:1406.1078; its reset gate behind the product, as torch has it] (E30)."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

from earnest.integer.fixed_point import shift_round
from earnest.integer.law.recurrence import ONE_BITS, Recurrence, clamp_state

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
        r, z = self.opened(clamp_state(x_r + u_r)), self.opened(clamp_state(x_z + u_z))
        n = self.bent(clamp_state(x_n + shift_round(r * u_n, ONE_BITS)))
        state = shift_round(((1 << ONE_BITS) - z) * n + z * carried, ONE_BITS)
        return state, state
