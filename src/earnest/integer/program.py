"""A program: integer operators in order, each reading values that are named before it. The law run from top to
bottom.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from earnest.errors import ProgramError
from earnest.integer.accumulation import Accumulation
from earnest.integer.codes import Domain, code_range, storage
from earnest.integer.dimension import Dimension, evaluate
from earnest.integer.operator import Operator

Array = Any

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


def check_codes(program: Program, codes: Array) -> int:
    """The length of an input whose shape, type and codes are those that the program is proved for."""
    shape = tuple(codes.shape)
    if len(shape) != len(program.input.shape):
        raise ProgramError(f"expected an input of shape {program.input.shape}, got {shape}")
    time = shape[program.input.time_axis]
    if not program.input.shortest <= time <= program.input.longest:
        raise ProgramError(
            f"expected {program.input.shortest} to {program.input.longest} frames, got {time}: "
            "cut the recording, or quantize for a greater length"
        )
    domain = program.input.domain(time)
    if shape != domain.shape:
        raise ProgramError(f"expected an input of shape {domain.shape}, got {shape}")
    low, high = code_range(program.input.bits, signed=program.input.signed)
    if np.asarray(codes).dtype.kind not in "iu" or int(codes.min()) < low or int(codes.max()) > high:
        raise ProgramError(f"expected integer codes in {low} .. {high}")
    return time


def run(
    program: Program,
    codes: Array,
    accumulation: Accumulation,
    observe: Callable[[str, Array], None] | None = None,
) -> Array:
    """The codes of the output for the codes of one utterance; `observe` sees every value by name as it is made.

    A value is kept in the smallest integer type of its width, and dropped after its last reader.
    """
    time = check_codes(program, codes)
    symbols = {TIME: time}
    xp = array_namespace(codes)
    last = {name: index for index, step in enumerate(program.steps) for name in step.inputs}
    values: dict[str, Array] = {INPUT: codes}
    for index, step in enumerate(program.steps):
        result = step.operator.run([values[name] for name in step.inputs], symbols, accumulation)
        bits, signed = result_width(step, values)
        values[step.name] = xp.astype(result, getattr(xp, storage(bits, signed=signed).name), copy=False)
        if observe is not None:
            observe(step.name, values[step.name])
        for name in step.inputs:
            if last[name] == index and name != program.output:
                values.pop(name, None)
    return values[program.output]


def result_width(step: Step, values: Mapping[str, Array]) -> tuple[int, bool]:
    """Width and sign of a step's result; layout keeps those of what it moves."""
    bits = getattr(step.operator, "bits", None)
    if bits is not None:
        return bits, getattr(step.operator, "signed", True)
    if step.operator.kind == "softmax":
        return 16, True
    if step.operator.kind == "exponential":
        return 8, False
    container = np.dtype(str(values[step.inputs[0]].dtype).removeprefix("torch."))
    return 8 * container.itemsize, container.kind == "i"
