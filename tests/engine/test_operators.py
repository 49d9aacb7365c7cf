"""Every operator on every instruction set equals the law, code for code, on every case of the law's own tests."""

import dataclasses

import numpy as np
import pytest
from tests.engine.running import ISAS, as_constant, difference, engine_of, equal, law_of_case, run_case
from tests.integer.case import Case
from tests.integer.cases import CASES

from earnest.integer.law.operators import OPERATORS

EVERY = [pytest.param(case, id=f"{kind}: {case.name}") for kind, cases in CASES.items() for case in cases]


@pytest.mark.parametrize("case", EVERY)
def test_native_equals_law(case: Case):
    expected = law_of_case(case)
    for isa in ISAS:
        for threads in (1, 3):
            got = run_case(case, case.operator, isa, threads)
            assert equal(expected, got), f"{isa}, {threads} threads: {difference(expected, got)}"


def test_every_operator_has_cases():
    assert {kind for kind, cases in CASES.items() if cases} == set(OPERATORS)
    assert all(case.operator.kind == kind for kind, cases in CASES.items() for case in cases)


def test_portable_is_there():
    assert ISAS[-1] == "portable"


def _named(kind: str, name: str) -> Case:
    return next(case for case in CASES[kind] if case.name == name)


def _bumped(array: np.ndarray, at: int = 0) -> np.ndarray:
    array = np.array(array, dtype=np.int64)
    array.reshape(-1)[at] += 1
    return array


BROKEN = {
    "bias": (_named("linear", "one-sided rows, 24 bits"), lambda o: {"bias": _bumped(o.bias)}),
    "weight": (_named("linear", "one-sided rows, 24 bits"), lambda o: {"weight": _bumped(o.weight, -1)}),
    "shift": (_named("conv1d", "grouped"), lambda o: {"shift": _bumped(o.shift)}),
    "zero point": (_named("matmul", "batches"), lambda o: {"left_zero_point": o.left_zero_point + 1}),
    "stride": (_named("conv2d", "subsampling"), lambda o: {"padding": (1, 0), "strides": (2, 1)}),
    "entry": (_named("table", "every code"), lambda o: {"table": np.where(o.table == 127, 126, o.table)}),
    "order": (_named("transpose", "last two"), lambda o: {"order": (0, 1, 2)}),
    "mean": (_named("rms_norm", "8 bits"), lambda o: {"input_zero_point": o.input_zero_point + 1}),
    "offset": (_named("bias_norm", "8 bits, zero point 5, result of 16"), lambda o: {"offset": _bumped(o.offset, 0)}),
    "gate": (_named("lstm", "one unit"), lambda o: {"sigmoid": o.sigmoid - o.sigmoid // 50}),
    "direction": (_named("gru", "one unit"), lambda o: {"reverse": not o.reverse}),
    "state": (_named("gru", "random"), lambda o: {"bias": _bumped(o.bias, -1) << 4}),
    "sign": (_named("layer_norm", "8 bits"), lambda o: {"zero_point": o.zero_point + 1}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_wrong_constant_is_noticed(name: str):
    """The comparison can fail: an engine of a record that is off by one does not equal the law."""
    case, change = BROKEN[name]
    broken = dataclasses.replace(case.operator, **change(case.operator))  # type: ignore[type-var]
    expected = law_of_case(case)
    for isa in ISAS:
        assert equal(expected, run_case(case, case.operator, isa, 1))
        got = run_case(case, broken, isa, 1)
        assert not equal(expected, got)
        assert difference(expected, got)


def test_type_and_shape_are_compared():
    codes = np.arange(6, dtype=np.int8).reshape(2, 3)
    got = engine_of([as_constant(codes, 8, signed=True)]).run([1], [np.zeros(1, dtype=np.int8)])[0]
    assert equal(codes, got)
    assert not equal(codes.astype(np.int16), got)
    assert not equal(codes.reshape(3, 2), got)
    assert not equal(codes.reshape(1, 2, 3), got)
