"""Programs to be saved, and files that were opened, changed and sealed again, as who means harm would do it."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import safetensors.numpy
from tests.integer.case import Case, whole_rows

from earnest.file.program import DIGEST, digest
from earnest.integer.law.add import Add
from earnest.integer.law.constant import Constant
from earnest.integer.law.linear import Linear
from earnest.integer.law.operator import Operator
from earnest.integer.law.slice import Slice
from earnest.integer.law.table import Table
from earnest.integer.program.program import Input, Program, Step

DESCRIPTION = {"tokens": ["a", "ß", "▁the"], "front_end": {"hop": 160, "kind": "log-mel", "dither": False}, "none": []}
CODES = np.asarray([[0, 1], [-128, 127], [5, -5]], dtype=np.int8)


def linear(weight: Any, bits: int, weight_map: str = "symmetric") -> Linear:
    """Weights with an epilogue that does no harm."""
    weight = np.asarray(weight).astype(np.int8)
    out = weight.shape[0]
    return Linear(
        weight=weight,
        **whole_rows(weight),
        bias=np.arange(out).astype(np.int64),
        multiplier=np.full(out, 40503, dtype=np.int64),
        shift=np.full(out, 20, dtype=np.int32),
        weight_bits=bits,
        weight_map=weight_map,
        input_bits=8,
        input_signed=True,
        zero_point=-3,
        bits=8,
        signed=True,
    )


FIRST = linear([[3, -3], [1, -1], [2, 0]], 3)
TABLE = Table(table=np.arange(127, -129, -1), input_bits=8, input_signed=True, bits=8)
OTHER = Constant(codes=np.asarray([[-3, 2, 1]]), bits=4)
SUM = Add(zero_points=(0, 0), multipliers=(32768, -40000), shift=15, zero_point=0, bits=16, signed=True)


def tiny() -> Program:
    """A linear called twice, a table, a constant, a sum, and a slice by the length."""
    steps = (
        Step(name="block.0.linear", operator=FIRST, inputs=("input",)),
        Step(name="block.0.again", operator=FIRST, inputs=("input",)),
        Step(name="block.0.turned", operator=TABLE, inputs=("block.0.again",)),
        Step(name="three", operator=OTHER, inputs=()),
        Step(name="sum", operator=SUM, inputs=("block.0.turned", "three")),
        Step(name="last", operator=Slice(axis=0, start=0, stop=("+", "time", -1), step=1), inputs=("sum",)),
    )
    return program(*steps)


def program(*steps: Step) -> Program:
    """A program of steps on 8-bit codes [time, 2]."""
    spec = Input.whole(bits=8, signed=True, shape=("time", 2), shortest=2, longest=9)
    return Program(target="int8x16", inputs=(spec,), steps=steps, output=steps[-1].name, description=DESCRIPTION)


def of_case(case: Case) -> Program:
    """One step; the file does not ask whether it can run."""
    return program(Step(name=case.name, operator=case.operator, inputs=("input",) * len(case.inputs)))


def alone(operator: Operator) -> Program:
    """One step of one operator."""
    return program(Step(name="only", operator=operator, inputs=("input",)))


def opened(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The operator list and the tensors of a file, by the safetensors library and nothing of earnest."""
    length = int.from_bytes(data[:8], "little")
    text = json.loads(data[8 : 8 + length])["__metadata__"]["earnest"]
    return json.loads(text), {name: array.copy() for name, array in safetensors.numpy.load(data).items()}


def sealed(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> bytes:
    """The file of an operator list and tensors, with a digest that fits them."""
    manifest = {key: value for key, value in manifest.items() if key != DIGEST}
    text = json.dumps(
        {**manifest, DIGEST: digest(manifest, tensors)}, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return safetensors.numpy.save(tensors, metadata={"earnest": text})


def changed(change: Callable[[dict[str, Any], dict[str, np.ndarray]], Any]) -> bytes:
    """The tiny program's file after a change of its operator list or tensors, sealed again."""
    from earnest.file import dumps

    manifest, tensors = opened(dumps(tiny()))
    change(manifest, tensors)
    return sealed(manifest, tensors)
