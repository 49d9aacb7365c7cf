"""Recurrences over time: the hidden state of one step is what the weights of the next multiply.

    u[t] = requantize(W h[t - 1] + b; m, s, 0)          16 signed bits

The operand x[t] holds what a linear made of the input, in the codes of u. LSTM [Hochreiter 1997, with the forget gate
of Gers 2000] and GRU [Cho 2014, arXiv:1406.1078; its reset gate behind the product, as torch has it] (E29, E30). What
is carried beside h has 16 bits of its own, so that a state of few bits does not stand still.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from array_api_compat import array_namespace

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range
from earnest.integer.dimension import Symbols
from earnest.integer.fixed_point import clamp, requantize, widen
from earnest.integer.law.interpolated_table import check_knots, interpolate
from earnest.integer.law.operator import Proof, check_multiplier, check_output, constant
from earnest.integer.law.places import Place, Reading, Rows
from earnest.integer.law.weighted import WeightedSums

Array = Any


STATE_BITS = 16
"""Width of the operand, of every argument and gate, and of what is carried."""

ARGUMENT_FRACTION_BITS = 11
"""Arguments and the cell of an LSTM are in units of 2^-11, gates of 2^-15."""

_LOW, _HIGH = code_range(STATE_BITS, signed=True)

ONE_BITS = 15


def clamp_state(value: Array) -> Array:
    """A value within the codes of `STATE_BITS`."""
    return clamp(value, _LOW, _HIGH)


@dataclass(frozen=True, kw_only=True, eq=False)
class Recurrence(WeightedSums):
    """`weight` is [gates * units, units], the operand [batch, time, gates * units]; with `reverse` time runs backward.

    `sigmoid` and `tanh` are tables of E16. The weights multiply codes of the result, whose zero point is in the bias.
    """

    remembers: ClassVar[bool] = True
    carries: ClassVar[bool] = True
    gates: ClassVar[int]

    sigmoid: Array = constant(32, role="tables")
    tanh: Array = constant(32, role="tables")
    output_multiplier: int
    output_shift: int
    reverse: bool
    zero_point: int
    bits: int
    signed: bool

    @property
    def reads(self) -> tuple[int, bool]:
        """The result's own."""
        return self.bits, self.signed

    def place(self, reading: Reading) -> Place:
        """The tokens are the time, from the first on."""
        place = reading.common()
        if place != Rows(axis=-2):
            raise reading.refuse("goes over the tokens")
        if self.reverse:
            raise reading.refuse("comes from the last token")
        return place

    @abstractmethod
    def advance(self, x: Array, u: Array, carried: Array) -> tuple[Array, Array]:
        """What is carried on from one step of x and u [batch, gates * units], and the hidden state before it is
        requantized.
        """

    def check(self, proof: Proof) -> None:
        """Square gates, tables whose sigmoid is not negative, and what weights and a result need."""
        rows, units = self.weight.shape if self.weight.ndim == 2 else (0, 1)
        proof.require(rows == self.gates * units, f"expected {self.gates} square gates, got {self.weight.shape}")
        super().check(proof)
        check_multiplier(self.output_multiplier, self.output_shift, proof)
        check_output(self.bits, self.signed, self.zero_point, proof)
        for name in ("sigmoid", "tanh"):
            check_knots(getattr(self, name), f"entries of {name}", proof)
        least = int(self.sigmoid.min())
        proof.require(least >= 0, f"expected a sigmoid of 0 or more, got {least}")

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Shape [batch, time, gates * units] to [batch, time, units]; the sums are proved for every hidden state."""
        (x,) = inputs
        rows, units = self.weight.shape
        if len(x.shape) != 3 or x.shape[2] != rows:
            proof.refuse(f"expected an input of [batch, time, {rows}], got {x.shape}")
        if x.bits != STATE_BITS or not x.signed:
            proof.refuse(f"expected an input of {STATE_BITS} signed bits, got {x.bits}, {x.signed}")
        low, high = code_range(self.bits, signed=self.signed)
        proof.accumulator(self.largest_sum(max(-low, high)))
        return Domain.full(self.bits, signed=self.signed, shape=(*x.shape[:2], units))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E29 and E30: step after step, from a hidden state of real 0 and nothing carried."""
        del symbols
        x = widen(inputs[0])
        xp = array_namespace(x)
        low, high = code_range(self.bits, signed=self.signed)
        carried = xp.zeros_like(x[:, 0, : self.weight.shape[1]])
        hidden = carried + self.zero_point
        steps = range(x.shape[1])
        made = [hidden] * x.shape[1]
        for step in reversed(steps) if self.reverse else steps:
            sums = accumulation.matmul(hidden, self.factors.T, self.bound)
            u = self.requantized(sums, -1, 0, (_LOW, _HIGH))
            carried, value = self.advance(x[:, step], u, carried)
            hidden = requantize(value, self.output_multiplier, self.output_shift, self.zero_point, low, high)
            made[step] = hidden
        return xp.stack(made, axis=1)

    def parts(self, rows: Array) -> list[Array]:
        """The gates of [batch, gates * units]."""
        units = rows.shape[-1] // self.gates
        return [rows[:, gate * units : (gate + 1) * units] for gate in range(self.gates)]

    def opened(self, argument: Array) -> Array:
        """The sigmoid, 0 .. 32767."""
        return interpolate(self.sigmoid, argument, STATE_BITS)

    def bent(self, argument: Array) -> Array:
        """The hyperbolic tangent, -32768 .. 32767."""
        return interpolate(self.tanh, argument, STATE_BITS)
