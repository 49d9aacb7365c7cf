"""A case or a program through the native engine, and through the law; records of an engine by hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from tests.integer.case import Case

from earnest.engine import _native
from earnest.engine.backend import NativeBackend, available_isas
from earnest.engine.records import Record, record
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.law.operator import Operator
from earnest.integer.program.program import Program, Step, run, stored

ISAS = available_isas()


def by_hand(
    kind: str,
    places: Sequence[int],
    *,
    integers: Mapping[str, int] | None = None,
    lists: Mapping[str, list[int]] | None = None,
    dimensions: Mapping[str, tuple[Any, ...]] | None = None,
    arrays: Mapping[str, np.ndarray] | None = None,
) -> Record:
    """A record that nobody has verified; it is called as its kind."""
    return kind, kind, list(places), dict(integers or {}), dict(lists or {}), dict(dimensions or {}), dict(arrays or {})


def as_constant(codes: np.ndarray, bits: int, *, signed: bool) -> Record:
    """Codes of any width: more than the law's `constant` may hold."""
    return by_hand("constant", (), integers={"bits": bits, "signed": int(signed)}, arrays={"codes": codes})


def engine_of(
    records: Sequence[Record],
    *,
    isa: str = "portable",
    threads: int = 1,
    shape: tuple[Any, ...] = ("time",),
    output: int | None = None,
) -> Any:
    """An engine of records, the last of which makes the output; the input has 8 signed bits."""
    last = len(records) - 1 if output is None else output
    return _native.Engine(list(records), [(8, True, shape)], [last], ["time"], isa, threads)


def run_case(case: Case, operator: Operator, isa: str, threads: int) -> np.ndarray:
    """An operator on the operands of a case, which enter as constants."""
    names = [f"operand {index}" for index in range(len(case.inputs))]
    places = {name: index for index, name in enumerate(names)}
    records = [
        as_constant(codes, domain.bits, signed=domain.signed)
        for codes, domain in zip(case.inputs, case.domains, strict=True)
    ]
    records.append(record(Step(name=case.name, operator=operator, inputs=tuple(names)), places))
    time = case.symbols.get("time", 1)
    return engine_of(records, isa=isa, threads=threads).run([time], [np.zeros(time, dtype=np.int8)])[0]


def law_of_case(case: Case) -> np.ndarray:
    """The law, in the container of the result's width."""
    return stored(case.operator, np.asarray(case.operator.run(case.inputs, case.symbols, IntegerAccumulation())))


def law(program: Program, codes: np.ndarray) -> np.ndarray:
    """The law of a program, in int64."""
    return run(program, [codes], IntegerAccumulation())[0]


def equal(left: np.ndarray, right: np.ndarray) -> bool:
    """Type, shape and every code."""
    return left.dtype == right.dtype and left.shape == right.shape and bool((left == right).all())


def difference(expected: np.ndarray, got: np.ndarray) -> str:
    """One line about two results that are not equal."""
    if (expected.dtype, expected.shape) != (got.dtype, got.shape):
        return f"expected {expected.dtype} {expected.shape}, got {got.dtype} {got.shape}"
    places = np.argwhere(expected != got)
    first = tuple(int(at) for at in places[0]) if len(places) else ()
    return f"{len(places)} of {expected.size} codes differ, first at {first}: {expected[first]} != {got[first]}"


def mismatches(program: Program, inputs: Sequence[np.ndarray], threads: Sequence[int] = (1, 2, 3)) -> Iterator[str]:
    """Where any instruction set, with any number of threads, leaves the law on any of the inputs."""
    expected = [law(program, codes) for codes in inputs]
    for isa in ISAS:
        for count in threads:
            backend = NativeBackend(program, isa=isa, threads=count)
            for codes, right in zip(inputs, expected, strict=True):
                got = backend.run(codes)
                if not equal(right, got):
                    where = first_wrong_step(program, codes, isa, count)
                    yield f"{isa}, {count} threads, {codes.shape}: {difference(right, got)}; first wrong: {where}"


def first_wrong_step(program: Program, codes: np.ndarray, isa: str, threads: int) -> str:
    """Where the engine leaves the law first, if each step were the output; for messages."""
    values: dict[str, np.ndarray] = {}
    run(program, [codes], IntegerAccumulation(), lambda name, value: values.setdefault(name, value.copy()))
    for step in program.steps:
        alone = Program(
            target=program.target, inputs=program.inputs, steps=program.steps, output=step.name, description={}
        )
        got = NativeBackend(alone, isa=isa, threads=threads).run(codes)
        if not equal(values[step.name], got):
            return f"{step.name} ({step.operator.kind} of {step.inputs}): {difference(values[step.name], got)}"
    return f"none alone: only with {program.output} as the output"
