"""Honest programs to be spoilt, and the ways to spoil one: an operator's constants, the operator list, the bytes."""

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from tests.engine.building import any_width
from tests.engine.generator import generate
from tests.file.programs import opened, sealed
from tests.integer.every_operator import CLASSES, small_program
from tests.integer.small_decoder import CLASSES as DECODER_CLASSES
from tests.integer.small_decoder import small_decoder
from tests.integer.small_transducer import DURATIONS, small_transducer

from earnest.file import dumps
from earnest.integer.dimension import TIME
from earnest.integer.law.linear import Linear
from earnest.integer.law.operators import OPERATORS
from earnest.integer.law.slice import Slice
from earnest.integer.program.program import Input, Program, Step
from earnest.integer.program.verifier import verify
from earnest.judge.program.judging import judge_program
from earnest.judge.verdict import Verdict
from earnest.runtime.front_ends.log_mel import LogMel

FRONT_END = LogMel(
    sample_rate=16_000,
    pre_emphasis="0.97",
    n_fft=512,
    window=400,
    hop=160,
    mels=8,
    low_hz=0,
    high_hz=8_000,
    log_guard_bits=24,
    std_guard="0.00001",
)
Change = Callable[[dict[str, Any], dict[str, np.ndarray]], Any]
Judge = Callable[[Path], Verdict]


def description(classes: int, **changes: Any) -> dict[str, Any]:
    """What a file says of itself."""
    told = {
        "front_end": FRONT_END.to_dict(),
        "input_grid": {"multiplier": 40000, "shift": 12, "zero_point": 0},
        "tokens": [f"t{index}" for index in range(classes)],
        "decoding": "ctc-greedy",
        "recipe": "w8a8",
        "model": "zoo",
        "calibration": [],
    }
    return told | changes


@cache
def honest() -> Program:
    """Every operator of the law, all of it true."""
    return replace(small_program(), description=description(CLASSES))


@cache
def short(longest: int = 300) -> Program:
    """A linear, and a slice whose length grows with the input."""
    head = next(step.operator for step in honest().steps if step.name == "logits")
    assert isinstance(head, Linear)
    steps = (
        Step(name="logits", operator=head, inputs=("input",)),
        Step(name="cut", operator=Slice(axis=1, start=0, stop=TIME, step=2), inputs=("logits",)),
    )
    reads = Input.whole(bits=8, signed=True, shape=(1, TIME, 16), shortest=3, longest=longest)
    return Program(target="int8x16", inputs=(reads,), steps=steps, output="cut", description=description(CLASSES))


DECODING = {
    "name": "autoregressive",
    "start": [1, 4],
    "end": [2],
    "suppressed": [5, 7],
    "suppressed_first": [],
    "most_tokens": 12,
    "multiplier": 40000,
    "shift": 12,
}


VOCABULARY = {
    "coding": "sentencepiece",
    "pieces": [f"t{index}" for index in range(DECODER_CLASSES)],
    "special": [0, 2],
}


@cache
def decoder() -> Program:
    """A decoder, all of it true."""
    told = description(DECODER_CLASSES, decoding=DECODING, tokens=VOCABULARY)
    return replace(small_decoder(), description=told)


TRANSDUCTION = {
    "name": "transducer",
    "start": DECODER_CLASSES - 1,
    "blank": DECODER_CLASSES - 1,
    "durations": list(DURATIONS),
    "most_of_a_frame": 2,
    "most_tokens": 12,
}


@cache
def transducer() -> Program:
    """A transducer, all of it true."""
    told = description(DECODER_CLASSES, decoding=TRANSDUCTION, tokens=VOCABULARY)
    return replace(small_transducer(), description=told)


def judged(data: bytes, folder: Path, name: str = "zoo", target: str | None = None) -> Verdict:
    """The verdict on bytes, for a target that comes with earnest or for the text of one."""
    file, toml = folder / f"{name}.earnest", None
    file.write_bytes(data)
    if target is not None:
        toml = folder / "target.toml"
        toml.write_text(target)
    return judge_program(file, toml)


def saved(program: Program, name: str = "zoo", target: str | None = None) -> Judge:
    """A judge of a program as it is saved."""
    return lambda folder: judged(dumps(program), folder, name, target)


def told(**changes: Any) -> Judge:
    """An honest program that says something else of itself."""
    return saved(replace(honest(), description=description(CLASSES, **changes)))


def swapped(program: Program, name: str, inputs: Sequence[str] | None = None, **fields: Any) -> Program:
    """A program one of whose operators has other fields or reads other values."""

    def other(step: Step) -> Step:
        if step.name != name:
            return step
        operator = replace(step.operator, **fields)
        return replace(step, operator=operator, inputs=step.inputs if inputs is None else tuple(inputs))

    return replace(program, steps=tuple(map(other, program.steps)))


def spoilt(name: str, inputs: Sequence[str] | None = None, program: Program | None = None, **fields: Any) -> Judge:
    """A judge of an honest program one of whose operators was changed before it was saved."""
    return saved(swapped(program or honest(), name, inputs, **fields))


def edited(change: Change, program: Program | None = None) -> Judge:
    """A judge of a file whose operator list or tensors were changed, and that was sealed again."""

    def judge(folder: Path) -> Verdict:
        manifest, tensors = opened(dumps(program or honest()))
        replacement = change(manifest, tensors)
        return judged(replacement if isinstance(replacement, bytes) else sealed(manifest, tensors), folder)

    return judge


def rewritten(change: Callable[[bytes], bytes]) -> Judge:
    """A judge of a file whose bytes were changed."""
    return lambda folder: judged(change(dumps(honest())), folder)


def step_of(manifest: dict[str, Any], name: str) -> list[Any]:
    """The record of a step."""
    return next(step for step in manifest["steps"] if step[0] == name)


def put(name: str, field: str, value: Any) -> Change:
    """Set a plain field of a step in the operator list."""

    def change(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        step = step_of(manifest, name)
        step[3][manifest["kinds"][step[1]]["fields"].index(field)] = value

    return change


def with_metadata(data: bytes, **also: str) -> bytes:
    """A file with more metadata."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    return safetensors.numpy.save(safetensors.numpy.load(data), metadata=metadata | also)


def with_header(data: bytes, change: Callable[[str], str]) -> bytes:
    """A file whose header reads otherwise."""
    length = int.from_bytes(data[:8], "little")
    header = change(data[8 : 8 + length].decode()).encode()
    return struct.pack("<Q", len(header)) + header + data[8 + length :]


def anything(accumulator_bits: int, without: str = "", narrow: str = "") -> str:
    """The text of a target that has every operator at every width, but for one, or but for the results of one."""
    widths = [*range(1, 9), 16, 24]
    lines = [
        f"{kind} = {{ inputs = [{widths}], weight = {widths[:8]}, output = {[1] if kind == narrow else widths} }}"
        for kind in OPERATORS
        if kind != without
    ]
    return "\n".join(['name = "int8x16"', f"accumulator_bits = {accumulator_bits}", "[operators]", *lines])


@cache
def odd(seed: int) -> tuple[Program, int]:
    """A random program of odd shapes whose steps are all read, and the accumulator that it needs."""
    program, target = generate(seed)
    read, waiting, steps = set(), [program.output], {step.name: step for step in program.steps}
    while waiting:
        name = waiting.pop()
        if name in steps and name not in read:
            read.add(name)
            waiting += steps[name].inputs
    kept = tuple(step for step in program.steps if step.name in read)
    return replace(program, steps=kept, target="int8x16", description={}), target.accumulator_bits


def judge_odd(seed: int) -> Judge:
    """A judge of an odd program, described by what it makes."""
    program, bits = odd(seed)
    return partial(_judge_odd, program, bits)


def _judge_odd(program: Program, bits: int, folder: Path) -> Verdict:
    target = replace(any_width(bits), name="int8x16")
    classes = verify(program, target).domains[program.output].shape[-1]
    described = replace(program, description=description(classes, recipe="odd"))
    return judged(dumps(described), folder, "odd", anything(bits))
