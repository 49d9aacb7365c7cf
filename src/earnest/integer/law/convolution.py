"""Convolution over one or two axes, grouped and depthwise too (E11), with the epilogue of linear.

The input is padded with its zero point, so that the folded bias is right at the edges as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain
from earnest.integer.dimension import Symbols
from earnest.integer.law.operator import Proof, check_zero_point
from earnest.integer.law.pad import pad
from earnest.integer.law.weighted import Weighted

Array = Any


@dataclass(frozen=True, kw_only=True, eq=False)
class Convolution(Weighted):
    """E11: `weight` is [out, in / groups, *taps], the input [batch, in, *positions]."""

    rank: ClassVar[int]

    strides: tuple[int, ...]
    padding: tuple[int, ...]
    dilations: tuple[int, ...]
    groups: int
    input_zero_point: int

    def check(self, proof: Proof) -> None:
        """One setting and one tap for each axis, all of them legal, and what every weight needs."""
        settings = (self.strides, self.padding, self.dilations)
        proof.require(
            all(len(setting) == self.rank for setting in settings) and self.weight.ndim == self.rank + 2,
            f"expected strides, padding, dilations and taps over {self.rank} axes",
        )
        smallest = (*self.strides, *self.dilations, self.groups)
        legal = all(1 <= value <= 1 << 16 for value in smallest) and all(0 <= p <= 1 << 16 for p in self.padding)
        proof.require(legal, "expected strides, dilations and groups of 1 or more, padding of 0 or more")
        out = self.weight.shape[0]
        proof.require(out % self.groups == 0, f"expected {self.groups} groups of output channels, got {out} channels")
        super().check(proof)

    def propagate(self, inputs: Sequence[Domain], proof: Proof) -> Domain:
        """Shape [batch, in, *positions] to [batch, out, *positions']."""
        (x,) = inputs
        check_zero_point(self.input_zero_point, x, proof)
        out, depth = self.weight.shape[:2]
        if len(x.shape) != self.rank + 2 or x.shape[1] != depth * self.groups:
            proof.refuse(f"expected {depth} x {self.groups} channels over {self.rank} axes, got an input of {x.shape}")
        low, high = x.low, x.high
        if any(self.padding):
            low, high = min(low, self.input_zero_point), max(high, self.input_zero_point)
        self.check_sums(Domain(bits=x.bits, signed=x.signed, shape=x.shape, low=low, high=high), proof)
        extents: list[int] = []
        for axis, (stride, amount, dilation) in enumerate(
            zip(self.strides, self.padding, self.dilations, strict=True), start=2
        ):
            reach = dilation * (self.weight.shape[axis] - 1) + 1
            extent = (x.shape[axis] + 2 * amount - reach) // stride + 1
            if extent < 1:
                proof.refuse(f"an input of {x.shape} is shorter than the {reach} taps of the convolution")
            extents.append(extent)
        return Domain.full(self.bits, signed=self.signed, shape=(x.shape[0], out, *extents))

    def run(self, inputs: Sequence[Array], symbols: Symbols, accumulation: Accumulation) -> Array:
        """E11."""
        del symbols
        (x,) = inputs
        before_and_after = ((0, 0), (0, 0), *((amount, amount) for amount in self.padding))
        padded = pad(x, before_and_after, self.input_zero_point)
        sums = accumulation.convolve(padded, self.factors, self.strides, self.dilations, self.groups, self.bound)
        return self.finish(sums, 1)
