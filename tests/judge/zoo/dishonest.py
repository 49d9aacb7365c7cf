"""Whole programs that are not what they say."""

from dataclasses import replace
from typing import Any

import numpy as np
from tests.integer.every_operator import CHANNELS, CLASSES, linear
from tests.judge.zoo.planting import (
    DECODING,
    TRANSDUCTION,
    VOCABULARY,
    decoder,
    description,
    honest,
    short,
    transducer,
)

from earnest.integer.law.constant import Constant
from earnest.integer.law.linear import Linear
from earnest.integer.law.matmul import MatMul
from earnest.integer.law.slice import Slice
from earnest.integer.law.table import Table
from earnest.integer.program.program import Program, Step


def operator(name: str) -> Any:
    """The operator of a step of the honest program."""
    return next(step.operator for step in honest().steps if step.name == name)


def one(array: np.ndarray, value: int, at: int = 0) -> np.ndarray:
    """The array with one value changed, in 64 bits."""
    changed = np.asarray(array).astype(np.int64)
    changed.reshape(-1)[at] = value
    return changed


def with_steps(*steps: Step, output: str = "logits") -> Program:
    """The honest program with more steps."""
    return replace(honest(), steps=(*honest().steps, *steps), output=output)


def remembered() -> Program:
    """The transcript is a constant: the audio is read, and forgotten."""
    codes = np.arange(CLASSES * 3).reshape(1, 3, CLASSES)
    step = Step(name="answer", operator=Constant(codes=codes, bits=8), inputs=())
    return with_steps(step, output="answer")


def moved() -> Program:
    """Weights called a constant that pass through a table of identity first."""
    program = weights_as_codes()
    same = Table(table=np.arange(-128, 128), input_bits=8, input_signed=True, bits=8)
    small, square, logits = program.steps
    steps = (
        small,
        square,
        Step(name="same", operator=same, inputs=("square",)),
        replace(logits, inputs=("small", "same")),
    )
    return replace(program, steps=steps)


def layer_in_a_table() -> Program:
    """A 16-bit table in the place of a layer."""
    table = Table(table=np.arange(1 << 16) // 512 - 64, input_bits=16, input_signed=True, bits=8)
    return with_steps(Step(name="answer", operator=table, inputs=("logits",)), output="answer")


def weights_as_codes() -> Program:
    """A program of 4-bit weights whose largest weight is called a constant, and multiplied all the same."""
    head = next(step.operator for step in short().steps if step.name == "logits")
    assert isinstance(head, Linear)
    narrow = replace(head, weight=np.clip(head.weight, -7, 7), weight_bits=4, bits=8)
    square = Constant(codes=np.arange(CLASSES * CLASSES).reshape(CLASSES, CLASSES), bits=8)
    grid = {"left_zero_point": 0, "right_zero_point": 0, "multiplier": 40000, "shift": 24, "zero_point": 0}
    product = MatMul(left_bits=8, right_bits=8, bits=16, signed=True, **grid)
    steps = (
        Step(name="small", operator=narrow, inputs=("input",)),
        Step(name="square", operator=square, inputs=()),
        Step(name="logits", operator=product, inputs=("small", "square")),
    )
    return replace(short(), steps=steps, output="logits", description=description(CLASSES, recipe="w4a8"))


def grouped(limit: int, multiplier: int, **told: str) -> Program:
    """4-bit weights up to `limit` in groups of 8, whose multipliers are `multiplier` and 1 in turn."""
    head = next(step.operator for step in short().steps if step.name == "logits")
    assert isinstance(head, Linear)
    weight = np.clip(head.weight, -limit, limit)
    multipliers = np.where(np.indices((len(weight), 2)).sum(axis=0) % 2, multiplier, 1)
    narrow = replace(head, weight=weight, weight_bits=4, weight_group=8, group_multiplier=multipliers)
    steps = tuple(replace(step, operator=narrow) if step.name == "logits" else step for step in short().steps)
    return replace(short(), steps=steps, description=description(CLASSES, **told))


def lowest_of_four() -> Program:
    """Weights of 4 bits, one of them -8, which is no weight code."""
    program = grouped(7, 1)
    head = program.steps[0].operator
    assert isinstance(head, Linear)
    weight = np.array(head.weight)
    weight[0, 0] = -8
    steps = (replace(program.steps[0], operator=replace(head, weight=weight)), *program.steps[1:])
    return replace(program, steps=steps)


def up_to(name: str) -> Program:
    """The honest program up to one of its steps."""
    steps = honest().steps
    end = next(index for index, step in enumerate(steps) if step.name == name)
    return replace(honest(), steps=steps[: end + 1], output=name)


def diluted() -> Program:
    """1-bit weights that nothing reads lower the average."""
    ones = replace(
        operator("logits"), weight=np.ones((CLASSES, 2 * CHANNELS), np.int8), weight_bits=1, weight_map="odd"
    )
    return with_steps(Step(name="ballast", operator=ones, inputs=("rows",)))


def deaf() -> Program:
    """A decoder that knows what comes next without listening."""
    kept = [step for step in decoder().steps if not step.name.startswith("audio")]
    return replace(decoder(), steps=(*kept[:-1], replace(kept[-1], inputs=("own.sum",))))


def told_of_decoder(**changes: Any) -> Program:
    """A decoder that says something else of its decoding."""
    return replace(decoder(), description={**decoder().description, "decoding": DECODING | changes})


def told_of_transducer(**changes: Any) -> Program:
    """A transducer that says something else of its decoding."""
    return replace(transducer(), description={**transducer().description, "decoding": TRANSDUCTION | changes})


def called(program: Program, decoding: dict[str, Any]) -> Program:
    """A program that says that it is decoded as another one is."""
    return replace(program, description={**program.description, "decoding": decoding})


def written_of_decoder(**changes: Any) -> Program:
    """A decoder that says something else of its tokens."""
    return replace(decoder(), description={**decoder().description, "tokens": VOCABULARY | changes})


def cut(**fields: Any) -> Program:
    """The short program with another slice."""
    steps = (
        *short().steps[:1],
        Step(name="cut", operator=Slice(**({"axis": 1, "step": 1} | fields)), inputs=("logits",)),
    )
    return replace(short(), steps=steps)


DEEP = Linear(**{**vars(linear(CLASSES, 16)), "bias": np.full(CLASSES, (1 << 31) - 1), "bits": 16})
