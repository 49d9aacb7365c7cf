"""Small programs and proofs, for tests of what the verifier and the operators refuse."""

import dataclasses
import re
from typing import Any

import numpy as np
import pytest
from tests.integer.case import whole_rows

from earnest.errors import ProgramError
from earnest.integer.law.linear import Linear
from earnest.integer.law.matmul import MatMul
from earnest.integer.law.operator import Operator, Proof
from earnest.integer.program.program import Input, Program, Step
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify

INT8X16, INT8 = load_target("int8x16"), load_target("int8")


def linear(weight: Any, bias: Any = 0, **changes: Any) -> Linear:
    """A linear operator of 8 bits."""
    weight = np.asarray(weight, dtype=np.int8)
    out = weight.shape[0] if weight.ndim else 1
    constants: dict[str, Any] = {
        "weight": weight,
        **whole_rows(weight),
        "bias": np.full(out, bias, dtype=np.int64) if isinstance(bias, int) else bias,
        "multiplier": np.full(out, 40000, dtype=np.int64),
        "shift": np.full(out, 20, dtype=np.int64),
        "weight_bits": 8,
        "weight_map": "symmetric",
        "input_bits": 8,
        "input_signed": True,
        "zero_point": 0,
        "bits": 8,
        "signed": True,
    }
    return Linear(**(constants | changes))


def program(*steps: Step, bits: int = 8, features: int = 2, longest: int = 50, **changes: Any) -> Program:
    """A program whose last step makes the output."""
    spec = Input.whole(bits=max(bits, 1), signed=True, shape=("time", features), shortest=1, longest=longest)
    spec = dataclasses.replace(spec, bits=bits)
    settings = {"target": "int8x16", "inputs": (spec,), "output": steps[-1].name, "description": {}} | changes
    return Program(steps=steps, **settings)


def step(operator: Operator, *inputs: str, name: str = "y") -> Step:
    """A step."""
    return Step(name=name, operator=operator, inputs=inputs or ("input",))


def refused(candidate: Program, message: str, error: type[Exception] = ProgramError, target: Any = INT8X16) -> None:
    """The verifier raises, and says where."""
    with pytest.raises(error, match=re.escape(message)):
        verify(candidate, target)


def new_proof(bits: int = 32) -> Proof:
    return Proof(symbols={}, accumulator_bits=bits, path="y")


def product() -> MatMul:
    settings = {"left_zero_point": -128, "right_zero_point": -128, "multiplier": 1 << 15, "shift": 40, "zero_point": 0}
    return MatMul(left_bits=8, right_bits=8, bits=8, signed=True, **settings)
