"""What norms over the last axis share: N channels, an integer epsilon, a gain and a bias of each (E21, E28, E31)."""

from typing import Any

from earnest.integer.codes import Domain, code_range
from earnest.integer.fixed_point import clamp, shift_round, widen
from earnest.integer.law.locality import RowByRow
from earnest.integer.law.norm import Norm
from earnest.integer.law.operator import Proof, check_output

Array = Any


class RowNorm(RowByRow, Norm):
    """A norm of each row. Its classes declare these fields, each in the order that its file has."""

    epsilon: int
    input_bits: int
    zero_point: int
    bits: int
    signed: bool

    def check(self, proof: Proof) -> None:
        """Constants for each of N channels, a result of the law, an epsilon."""
        super().check(proof)
        check_output(self.bits, self.signed, self.zero_point, proof)
        proof.require(self.epsilon >= 1, f"expected an epsilon of at least 1, got {self.epsilon}")

    def channels_of(self, x: Domain, proof: Proof) -> int:
        """N; refused where the operand has another width, or another number of channels."""
        channels = self.multiplier.shape[0]
        if x.bits != self.input_bits:
            proof.refuse(f"expected an input of {self.input_bits} bits, got {x.bits}")
        if x.shape[-1:] != (channels,):
            proof.refuse(f"expected {channels} channels, got an input of {x.shape}")
        return channels

    def finish(self, normalised: Array) -> Array:
        """Gain, bias and the result's grid: clamp(z + shift_round(n m[c] + b[c], s[c]))."""
        scaled = shift_round(normalised * widen(self.multiplier) + self.bias, widen(self.shift))
        low, high = code_range(self.bits, signed=self.signed)
        return clamp(scaled + self.zero_point, low, high)
