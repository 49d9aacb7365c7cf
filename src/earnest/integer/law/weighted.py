"""Weighted sums: weight codes, a folded bias and one multiplier for each row of weights (E10, E11).

The bias is in units of s_x * s_w[o] and holds -z_x * sum_k w[o, k], so that the sum runs over bare codes.
"""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from earnest.integer.codes import Domain, code_range
from earnest.integer.fixed_point import requantize, widen
from earnest.integer.law.operator import Proof, check_multiplier, check_output, constant
from earnest.integer.law.weight import WeightCodes

Array = Any


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightedSums(WeightCodes):
    """Weight codes, a folded bias and one multiplier for each row of weights, whatever codes it multiplies."""

    bias: Array = constant(32, role="biases")
    multiplier: Array = constant(16, signed=False, role="multipliers_and_shifts")
    shift: Array = constant(8, signed=False, role="multipliers_and_shifts")

    @property
    @abstractmethod
    def reads(self) -> tuple[int, bool]:
        """Width and sign of the codes that the weights multiply."""

    @cached_property
    def magnitudes(self) -> Array:
        """sum |w| of each output channel."""
        return self.over_groups(np.add).sum(axis=1)

    @cached_property
    def bound(self) -> int:
        """No partial sum of products exceeds this, whatever the codes."""
        bits, signed = self.reads
        low, high = code_range(bits, signed=signed)
        return int(self.magnitudes.max()) * max(-low, high)

    @cached_property
    def largest_sums(self) -> dict[int, int]:
        """By the largest |code| of the input; filled by `largest_sum`."""
        return {}

    def largest_sum(self, magnitude: int) -> int:
        """What no partial sum with its bias exceeds, for inputs whose largest |code| is `magnitude`."""
        if magnitude not in self.largest_sums:
            sums = self.magnitudes * magnitude + np.abs(self.bias.astype(np.int64))
            self.largest_sums[magnitude] = int(sums.max())
        return self.largest_sums[magnitude]

    def check(self, proof: Proof) -> None:
        """Weight codes of the map, groups whose weights fit int8, a bias and a multiplier for each channel."""
        self.check_codes(proof)
        channels = self.weight.shape[0]
        proof.require(self.bias.shape == (channels,), f"expected {channels} biases, got {self.bias.shape}")
        check_multiplier(self.multiplier, self.shift, proof, channels=channels)

    def requantized(self, sums: Array, channel_axis: int, zero_point: int, ends: tuple[int, int]) -> Array:
        """Bias and requantization of the sums to codes between two ends."""
        xp = array_namespace(sums)
        shape = [1] * sums.ndim
        shape[channel_axis] = -1
        bias, multiplier, shift = (
            xp.reshape(widen(array), tuple(shape)) for array in (self.bias, self.multiplier, self.shift)
        )
        return requantize(sums + bias, multiplier, shift, zero_point, *ends)


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighted(WeightedSums):
    """What linear and convolution share: weighted sums of the operand's codes become the result's."""

    input_bits: int
    input_signed: bool
    zero_point: int
    bits: int
    signed: bool

    @property
    def reads(self) -> tuple[int, bool]:
        """The operand's."""
        return self.input_bits, self.input_signed

    def check(self, proof: Proof) -> None:
        """What every row of weights needs, and a result of the law."""
        super().check(proof)
        check_output(self.bits, self.signed, self.zero_point, proof)

    def check_sums(self, domain: Domain, proof: Proof) -> None:
        """The width of the input, and the overflow proof from the real weights."""
        if domain.bits != self.input_bits or domain.signed != self.input_signed:
            proof.refuse(
                f"expected an input of {self.input_bits} bits, signed {self.input_signed}, "
                f"got {domain.bits}, {domain.signed}"
            )
        proof.accumulator(self.largest_sum(domain.magnitude))

    def finish(self, sums: Array, channel_axis: int) -> Array:
        """Bias and requantization of the sums."""
        return self.requantized(sums, channel_axis, self.zero_point, code_range(self.bits, signed=self.signed))
