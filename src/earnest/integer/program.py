"""A program: integer operators in order, each reading values that are named before it. The law run from top to
bottom.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from earnest.errors import ProgramError
from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range, storage
from earnest.integer.dimension import Dimension, evaluate
from earnest.integer.operator import Operator

TIME = "time"
"""The one symbol of a program: the length of its input along `Input.time_axis`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What a program reads: its width, its shape with `time` free, and the shortest and longest length it is proved
    for.
    """

    bits: int
    signed: bool
    shape: tuple[Dimension, ...]
    shortest: int
    longest: int

    @property
    def time_axis(self) -> int:
        """The axis whose extent is `time`."""
        return self.shape.index(TIME)

    def domain(self, time: int) -> Domain:
        """Any codes of the width, at one length."""
        shape = tuple(evaluate(dimension, {TIME: time}) for dimension in self.shape)
        return Domain.full(self.bits, signed=self.signed, shape=shape)

    @property
    def container(self) -> np.dtype:
        """The type in which the input's codes lie in memory."""
        return storage(self.bits, signed=self.signed)

    def check(self, codes: np.ndarray) -> int:
        """The length of an input whose shape, type and codes are those that the program is proved for."""
        shape = tuple(codes.shape)
        if len(shape) != len(self.shape):
            raise ProgramError(f"expected an input of shape {self.shape}, got {shape}")
        time = shape[self.time_axis]
        if not self.shortest <= time <= self.longest:
            what = "too short" if time < self.shortest else "too long"
            raise ProgramError(f"expected {self.shortest} to {self.longest} frames, got {time}: {what} for its proof")
        domain = self.domain(time)
        if shape != domain.shape:
            raise ProgramError(f"expected an input of shape {domain.shape}, got {shape}")
        low, high = code_range(self.bits, signed=self.signed)
        if codes.dtype.kind not in "iu" or int(codes.min()) < low or int(codes.max()) > high:
            raise ProgramError(f"expected integer codes in {low} .. {high}")
        return time


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operator at its place: the name of the value that it makes, and of those that it reads."""

    name: str
    operator: Operator
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The integer model. Nothing else is ever evaluated and called a result.

    `description` carries what is no arithmetic (front end, tokens, recipe) as JSON of strings and integers.
    """

    target: str
    input: Input
    steps: tuple[Step, ...]
    output: str
    description: Mapping[str, Any]


INPUT = "input"
"""The name of the value that a program reads."""


def run(
    program: Program,
    codes: np.ndarray,
    accumulation: Accumulation,
    observe: Callable[[str, np.ndarray], None] | None = None,
) -> np.ndarray:
    """The codes of the output for the codes of one utterance; `observe` sees every value by name as it is made.

    A value is kept in the smallest integer type of its width, and dropped after its last reader.
    """
    symbols = {TIME: program.input.check(codes)}
    last = {name: index for index, step in enumerate(program.steps) for name in step.inputs}
    values: dict[str, np.ndarray] = {INPUT: codes}
    for index, step in enumerate(program.steps):
        result = step.operator.run([values[name] for name in step.inputs], symbols, accumulation)
        values[step.name] = kept(step.operator, result)
        if observe is not None:
            observe(step.name, values[step.name])
        for name in (*step.inputs, step.name):
            if last.get(name, index) == index and name != program.output:
                values.pop(name, None)
    return values[program.output]


def kept(operator: Operator, result: np.ndarray) -> np.ndarray:
    """A result in the smallest integer type of its width; layout keeps the type of what it moves."""
    bits = getattr(operator, "bits", None)
    if bits is None:
        return result
    container = storage(bits, signed=getattr(operator, "signed", True))
    return result.astype(container, copy=False)
