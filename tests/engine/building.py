"""Building a program step by step: a step is kept if the verifier has nothing against it at any length.

The symbolic shape of a value is found from its extents at those lengths: (a time + b) // c with the smallest a, b, c.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from earnest.errors import ProgramError
from earnest.integer.codes import CODE_BITS, Domain, code_range
from earnest.integer.dimension import Dimension
from earnest.integer.law.operator import Operator, Proof, check_constants
from earnest.integer.law.operators import OPERATORS
from earnest.integer.program.program import INPUT, Input, Program, Step
from earnest.integer.program.target import OperatorRule, Target

MOST_ELEMENTS, MOST_AXES = 1 << 14, 7
NARROW = tuple(range(1, 9))
"""Widths that tables, exponentials and gates read."""


def any_width(accumulator_bits: int) -> Target:
    """A device that has everything."""
    rule = OperatorRule(inputs=(CODE_BITS,), weight=NARROW, output=CODE_BITS)
    return Target(
        name="anything",
        description="every operator at every width",
        accumulator_bits=accumulator_bits,
        widths={},
        operators=dict.fromkeys(OPERATORS, rule),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A value of the program: what is known of it at each length."""

    name: str
    domains: tuple[Domain, ...]
    shape: tuple[Dimension | None, ...]

    @property
    def last(self) -> Domain:
        """What is known at the longest input."""
        return self.domains[-1]

    @property
    def rank(self) -> int:
        """Axes."""
        return len(self.shape)

    def fixed(self, axis: int) -> int | None:
        """The extent of an axis, if it is the same at every length."""
        extent = self.shape[axis]
        return extent if isinstance(extent, int) else None


def dimension_of(extents: Sequence[int], times: Sequence[int]) -> Dimension | None:
    """The simplest dimension with these extents, or None."""
    if len(set(extents)) == 1:
        return extents[0]
    if list(extents) == list(times):
        return "time"
    for divisor in range(1, 9):
        for factor in range(1, 41):
            rest = extents[0] * divisor - factor * times[0]
            for more in range(rest, rest + divisor):
                if all((factor * t + more) // divisor == e for t, e in zip(times, extents, strict=True)):
                    return ("//", ("+", ("*", factor, "time"), more), divisor)
    return None


class Builder:
    """Steps so far, and a generator of random numbers."""

    def __init__(self, seed: int, accumulator_bits: int, longest: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.target = any_width(accumulator_bits)
        shortest = self.integer(1, min(longest, 7))
        ends = (*range(shortest, shortest + 16), *range(longest - 15, longest + 1))
        self.times = sorted({time for time in ends if shortest <= time <= longest})
        self.steps: list[Step] = []
        self.values: list[Made] = []
        self.refused = 0

    def integer(self, low: int, high: int) -> int:
        """low .. high, both included."""
        return int(self.rng.integers(low, high, endpoint=True))

    def chance(self, probability: float) -> bool:
        """True that often."""
        return bool(self.rng.random() < probability)

    def pick(self, options: Sequence[Any]) -> Any:
        """One of them."""
        return options[self.integer(0, len(options) - 1)]

    def read(self, bits: int, *, signed: bool, shape: tuple[Dimension, ...]) -> Made:
        """The input of the program."""
        self.input = Input.whole(bits=bits, signed=signed, shape=shape, shortest=self.times[0], longest=self.times[-1])
        domains = tuple(self.input.domain(time) for time in self.times)
        made = Made(name=INPUT, domains=domains, shape=shape)
        self.values.append(made)
        return made

    def put(self, operator: Operator, *operands: Made) -> Made | None:
        """The result of an operator, or None if it is refused or too large to try."""
        domains = []
        try:
            for index, time in enumerate(self.times):
                proof = Proof(symbols={"time": time}, accumulator_bits=self.target.accumulator_bits)
                if index == 0:
                    check_constants(operator, proof)
                    operator.check(proof)
                domains.append(operator.propagate([x.domains[index] for x in operands], proof))
        except ProgramError:
            self.refused += 1
            return None
        extents = domains[-1].shape
        if prod(extents) > MOST_ELEMENTS or len(extents) > MOST_AXES:
            return None
        shape = tuple(dimension_of([d.shape[axis] for d in domains], self.times) for axis in range(len(extents)))
        name = f"{len(self.steps)}.{operator.kind}"
        self.steps.append(Step(name=name, operator=operator, inputs=tuple(x.name for x in operands)))
        made = Made(name=name, domains=tuple(domains), shape=shape)
        self.values.append(made)
        return made

    def program(self, output: str) -> Program:
        """All steps, one of them the output."""
        return Program(
            target=self.target.name, inputs=(self.input,), steps=tuple(self.steps), output=output, description={}
        )

    def some(self, suits: Callable[[Made], bool] = lambda _: True) -> Made | None:
        """A value that suits, the latest more often than others."""
        fitting = [value for value in self.values if suits(value)]
        if not fitting:
            return None
        depending = [value for value in fitting if not value.name.endswith(".constant")]
        return self.pick(depending[-2:]) if depending and self.chance(0.8) else self.pick(fitting)

    def code(self, bits: int, *, signed: bool) -> int:
        """A zero point: an end of the range, or any code."""
        low, high = code_range(bits, signed=signed)
        return self.pick([low, high, min(max(0, low), high), self.integer(low, high), self.integer(low, high)])

    def codes(self, shape: Sequence[int], low: int, high: int) -> np.ndarray:
        """Codes between two ends: any of them, one end throughout, or the ends only, row by row."""
        kind = self.integer(0, 6)
        if kind == 0:
            return np.full(shape, self.pick([low, high]), dtype=np.int64)
        if kind == 1:
            return np.where(self.rng.random(shape) < 0.5, low, high).astype(np.int64)
        if kind == 2 and len(shape) > 0:
            column = np.where(self.rng.random((*shape[:-1], 1)) < 0.5, low, high)
            return np.broadcast_to(column, shape).astype(np.int64)
        return self.rng.integers(low, high, size=shape, endpoint=True)

    def pair(self, bound: int, bits: int, *, negative: bool = False) -> tuple[int, int]:
        """A multiplier and a shift for sums up to a bound: about the width of the result, about 32 bits, or any."""
        m = self.pick([1 << 15, (1 << 16) - 1, *(self.integer(1 << 15, (1 << 16) - 1) for _ in range(4))])
        product = max(bound, 1).bit_length() + 16
        kind = self.rng.random()
        if kind < 0.65:
            s = product - (bits - 1) - self.integer(-1, 6)
        elif kind < 0.8:
            s = product - 32 - self.integer(-2, 3)
        else:
            s = self.pick([1, 2, 15, 16, 46, 47, self.integer(1, 47)])
        if self.chance(0.03):
            m = 0
        return -m if negative and self.chance(0.4) else m, min(max(s, 1), 47)

    def result(self, *widths: int) -> dict[str, Any]:
        """Width, sign and zero point of a result."""
        bits = self.pick(widths or (8, 8, 8, 8, 16, 16, 4, 5, 2))
        signed = self.chance(0.7)
        return {"bits": bits, "signed": signed, "zero_point": self.code(bits, signed=signed)}
