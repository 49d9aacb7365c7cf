"""One step while it is proved: what is asked of its operands, constants and sums (docs/semantics.md, "proved")."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from earnest.judge.program import rules
from earnest.judge.program.device import Device
from earnest.judge.program.records import Step
from earnest.judge.program.values import WIDTHS, Value, code_range
from earnest.judge.verdict import Rule, Section

MANTISSA_LOW, MANTISSA_HIGH, MOST_SHIFT = 1 << 15, 1 << 16, 47
"""The law of multipliers, E9."""


@dataclass(slots=True, kw_only=True)
class Place:
    """One step while it is proved: what it reads, and where that it fails is reported."""

    section: Section
    step: Step
    operands: Sequence[Value]
    shape: tuple[int, ...]
    device: Device
    accumulator: int | None = field(default=None)
    varies: bool = field(default=True)

    def integer(self, name: str) -> int:
        """A plain field."""
        return self.step.fields[name]

    def codes(self, name: str) -> np.ndarray:
        """An array of the step."""
        return self.step.arrays[name].codes

    def require(self, holds: bool, rule: Rule, what: str) -> bool:
        """Report what does not hold at this step."""
        return self.section.require(holds, rule, self.step.name, what)

    def result(self) -> tuple[int, bool]:
        """The width that the step's fields give its result."""
        bits, signed = self.integer("bits"), self.step.fields.get("signed", True)
        self.require(bits in WIDTHS, rules.CLAIMED_WIDTHS, f"expected a width of {WIDTHS}, got {bits}")
        return bits, signed

    def reads(self, index: int, bits: int, signed: bool | None = None) -> None:
        """An operand has the width that the step says of it."""
        found = self.operands[index]
        self.require(
            found.bits == bits and signed in (None, found.signed),
            rules.CLAIMED_WIDTHS,
            f"expected operand {index} of {bits} bits, got {found.bits} bits, signed {found.signed}",
        )

    def zero_point(self, name: str, bits: int, signed: bool) -> None:
        """A zero point is itself a code."""
        low, high = code_range(bits, signed=signed)
        self.require(
            low <= self.integer(name) <= high,
            rules.CONSTANTS,
            f"expected {name} in {low} .. {high}, got {self.integer(name)}",
        )

    def array(self, name: str, shape: tuple[int, ...], low: int, high: int) -> bool:
        """An array of constants has a shape, and values within a width."""
        found = self.codes(name)
        shaped = self.require(
            found.shape == shape, rules.CONSTANTS, f"{name}: expected shape {shape}, got {found.shape}"
        )
        if not shaped or not found.size:
            return shaped
        least, most = int(found.min()), int(found.max())
        return self.require(
            low <= least and most <= high,
            rules.CONSTANTS,
            f"{name}: expected values in {low} .. {high}, got {least} .. {most}",
        )

    def multiplier(self, multiplier: np.ndarray, shift: np.ndarray, *, negative: bool) -> None:
        """Mantissas and shifts within E9."""
        size = np.abs(multiplier)
        lawful = (size == 0) | ((size >= MANTISSA_LOW) & (size < MANTISSA_HIGH))
        lawful &= (shift >= 1) & (shift <= MOST_SHIFT) & (negative | (multiplier >= 0))
        self.require(
            bool(lawful.all()),
            rules.MULTIPLIERS,
            f"expected 2^15 <= |m| < 2^16 or m = 0, and 1 <= s <= 47; channels {np.flatnonzero(~lawful)[:4].tolist()}",
        )

    def one_multiplier(self) -> None:
        """The one multiplier of a step, of either sign."""
        self.multiplier(np.asarray([self.integer("multiplier")]), np.asarray([self.integer("shift")]), negative=True)

    def sums(self, bound: int) -> None:
        """A sum fits the target's accumulator, and its product with a mantissa fits 63 bits."""
        self.accumulator = bound.bit_length() + 1
        allowed = self.device.accumulator_bits
        self.require(
            bound < 1 << (allowed - 1),
            rules.ACCUMULATORS,
            f"expected sums of {allowed} bits, got up to {bound}: {self.accumulator} bits",
        )
        self.wide((bound << 16) + (1 << 46))

    def varies_if(self, varies: bool) -> None:
        """Whether the audio can change the result at all: no multiplier of 0, no table of one value."""
        self.varies = varies

    def varies_with_product(self, bound: int) -> None:
        """The same of a sum within +-`bound` with the one multiplier of a step."""
        self.varies_if(self.requantized(-bound, bound, self.integer("multiplier"), self.integer("shift")))

    def requantized(self, low: int, high: int, multiplier: int, shift: int) -> bool:
        """Whether sums between two ends give more than one code, by E3."""
        bits, signed, zero = self.integer("bits"), self.step.fields.get("signed", True), self.integer("zero_point")
        least, most = code_range(bits, signed=signed)
        half = 1 << max(shift - 1, 0)
        ends = [zero + ((acc * multiplier + half) >> max(shift, 0)) for acc in (low, high)]
        return len({min(max(end, least), most) for end in ends}) > 1

    def wide(self, bound: int, bits: int = 63) -> None:
        """A sum that is no accumulator of the target fits its width."""
        self.require(
            bound < 1 << bits, rules.ACCUMULATORS, f"expected a sum below 2^{bits}, got up to 2^{bound.bit_length()}"
        )

    def makes(self, bits: int, *, signed: bool, **known: int) -> Value:
        """The result: all codes of its width, unless more is known."""
        low, high = code_range(bits, signed=signed)
        return Value(
            bits=bits,
            signed=signed,
            low=known.get("low", low),
            high=known.get("high", high),
            shape=self.shape,
            from_input=self.varies and any(value.from_input for value in self.operands),
            row=known.get("row"),
            stored=self.stored(),
        )

    def stored(self) -> int | None:
        """The width of the constants that the result is made of, or None.

        Those that no weight was multiplied with stay what they are, whatever is computed of them.
        """
        widths = [value.stored for value in self.operands]
        if not widths or None in widths or self.step.weight is not None:
            return None
        return max(bits for bits in widths if bits is not None)
