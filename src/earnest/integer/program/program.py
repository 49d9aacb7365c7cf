"""A program: integer operators in order, each reading values that are named before it. The law run from top to
bottom.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earnest.errors import ProgramError
from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range, storage
from earnest.integer.dimension import TIME, Dimension, evaluate
from earnest.integer.law.operator import Operator

INPUT = "input"
"""The name of the first value that a program reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A value that a program reads: its name, its width, the codes that it may have, its shape with one axis of free
    length, called by a symbol, and the shortest and longest length that the program is proved for.
    """

    name: str
    bits: int
    signed: bool
    low: int
    high: int
    shape: tuple[Dimension, ...]
    shortest: int
    longest: int

    @classmethod
    def whole(
        cls,
        *,
        bits: int,
        signed: bool,
        shape: tuple[Dimension, ...],
        shortest: int,
        longest: int,
        name: str = INPUT,
    ) -> "Input":
        """An input that may have every code of its width."""
        low, high = code_range(bits, signed=signed)
        return cls(
            name=name,
            bits=bits,
            signed=signed,
            low=low,
            high=high,
            shape=shape,
            shortest=shortest,
            longest=longest,
        )

    @property
    def free_axis(self) -> int:
        """The axis whose extent is the symbol."""
        return next(axis for axis, extent in enumerate(self.shape) if isinstance(extent, str))

    @property
    def symbol(self) -> str:
        """The name of the free length."""
        return str(self.shape[self.free_axis])

    def domain(self, length: int) -> Domain:
        """What is known of the codes, at one length."""
        shape = tuple(evaluate(dimension, {self.symbol: length}) for dimension in self.shape)
        return Domain(bits=self.bits, signed=self.signed, shape=shape, low=self.low, high=self.high)

    @property
    def container(self) -> np.dtype:
        """The type in which the input's codes lie in memory."""
        return storage(self.bits, signed=self.signed)

    def check(self, codes: np.ndarray) -> int:
        """The length of an input whose shape, type and codes are those that the program is proved for."""
        shape = tuple(codes.shape)
        if len(shape) != len(self.shape):
            raise ProgramError(f"{self.name}: expected an input of shape {self.shape}, got {shape}")
        length = shape[self.free_axis]
        if not self.shortest <= length <= self.longest:
            what = "too short" if length < self.shortest else "too long"
            unit = "frames" if self.symbol == TIME else self.symbol
            raise ProgramError(
                f"{self.name}: expected {self.shortest} to {self.longest} {unit}, got {length}: {what} for its proof"
            )
        domain = self.domain(length)
        if shape != domain.shape:
            raise ProgramError(f"{self.name}: expected an input of shape {domain.shape}, got {shape}")
        whole = codes.dtype.kind in "iu"
        if not whole or (codes.size > 0 and (int(codes.min()) < self.low or int(codes.max()) > self.high)):
            raise ProgramError(f"{self.name}: expected integer codes in {self.low} .. {self.high}")
        return length


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operator at its place: the name of the value that it makes, and of those that it reads."""

    name: str
    operator: Operator
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The integer model. Nothing else is ever evaluated and called a result.

    `description` carries what is no arithmetic (front end, tokens, recipe) as JSON of strings and integers. `kept`
    names values that are handed out beside the output: what a decoder keeps from one token to the next. A program in a
    file keeps none.
    """

    target: str
    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    output: str
    description: Mapping[str, Any]
    kept: tuple[str, ...] = ()

    @property
    def input(self) -> Input:
        """The audio input, the first value that is read."""
        return self.inputs[0]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The output, then what is kept."""
        return (self.output, *self.kept)

    @property
    def ranges(self) -> dict[str, tuple[int, int]]:
        """The shortest and the longest length of each symbol."""
        return {spec.symbol: (spec.shortest, spec.longest) for spec in self.inputs}


def check_inputs(inputs: Sequence[Input], codes: Sequence[np.ndarray]) -> dict[str, int]:
    """The length of each symbol; ProgramError for codes that the program is not proved for."""
    if len(codes) != len(inputs):
        raise ProgramError(f"expected codes of {[spec.name for spec in inputs]}, got {len(codes)} arrays")
    symbols: dict[str, int] = {}
    for spec, array in zip(inputs, codes, strict=True):
        length = spec.check(array)
        if symbols.setdefault(spec.symbol, length) != length:
            raise ProgramError(f"{spec.name}: expected {symbols[spec.symbol]} {spec.symbol}, got {length}")
    return symbols


def run(
    program: Program,
    codes: Sequence[np.ndarray],
    accumulation: Accumulation,
    observe: Callable[[str, np.ndarray], None] | None = None,
) -> list[np.ndarray]:
    """The codes of the outputs for those of the inputs of one utterance; `observe` sees every value by name as it is
    made.

    A value is kept in the smallest integer type of its width, and dropped after its last reader.
    """
    symbols = check_inputs(program.inputs, codes)
    last = {name: index for index, step in enumerate(program.steps) for name in step.inputs}
    values = {spec.name: array for spec, array in zip(program.inputs, codes, strict=True)}
    for index, step in enumerate(program.steps):
        result = step.operator.run([values[name] for name in step.inputs], symbols, accumulation)
        values[step.name] = stored(step.operator, result)
        if observe is not None:
            observe(step.name, values[step.name])
        for name in (*step.inputs, step.name):
            if last.get(name, index) == index and name not in program.outputs:
                values.pop(name, None)
    return [values[name] for name in program.outputs]


def stored(operator: Operator, result: np.ndarray) -> np.ndarray:
    """A result in the smallest integer type of its width; layout keeps the type of what it moves."""
    bits = getattr(operator, "bits", None)
    if bits is None:
        return result
    container = storage(bits, signed=getattr(operator, "signed", True))
    return result.astype(container, copy=False)
