"""A whole program in ONNX: every value is bit for bit the law's, at every length, and no float is anywhere."""

from typing import Any

import numpy as np
import pytest
from tests.export.onnx.session import run_bytes, run_model, skip_unless_trusted
from tests.integer.every_operator import CHANNELS, LONGEST, small_program

from earnest.errors import ProgramError
from earnest.export.onnx.census import not_whole, operator_census
from earnest.export.onnx.model import to_onnx
from earnest.export.onnx.products import PRODUCTS
from earnest.export.onnx.self_test import choose_products, extreme_products
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.dimension import TIME
from earnest.integer.law.operators import OPERATORS
from earnest.integer.law.relative_shift import RelativeShift
from earnest.integer.program.program import INPUT, Program, Step, run
from earnest.integer.program.target import load_target
from earnest.integer.program.verifier import verify

PROGRAM = small_program()
NAMES = tuple(step.name for step in PROGRAM.steps)


def test_the_program_holds_every_operator_and_is_proved() -> None:
    assert {step.operator.kind for step in PROGRAM.steps} == set(OPERATORS)
    verify(PROGRAM, load_target("int8x16"))


@pytest.mark.parametrize("products", PRODUCTS)
def test_every_value_is_the_laws_at_every_length(products: str) -> None:
    skip_unless_trusted(products)
    model = to_onnx(PROGRAM, products=products, observe=NAMES)
    for time in (1, 2, 3, 4, 7, 16, LONGEST):
        codes = np.random.default_rng(time).integers(-(1 << 15), 1 << 15, (1, time, CHANNELS)).astype(np.int16)
        seen: dict[str, np.ndarray] = {}
        run(PROGRAM, [codes], IntegerAccumulation(), seen.__setitem__)
        results = run_model(model, {INPUT: codes})
        assert results.keys() == seen.keys()
        for name in NAMES:
            assert (results[name].dtype, results[name].shape) == (seen[name].dtype, seen[name].shape), name
            assert np.array_equal(results[name], seen[name]), f"{name} at {time}"
            assert time < LONGEST or len(np.unique(seen[name])) > 4, f"{name} tells nothing"


@pytest.mark.parametrize("products", PRODUCTS)
def test_no_tensor_is_a_float_and_no_operator_is_contributed(products: str) -> None:
    model = to_onnx(PROGRAM, products=products)
    census = operator_census(model)
    assert not_whole(census) == {}
    assert {opset.domain for opset in model.opset_import} == {""}
    assert not any("::" in kind for kind, _ in census)
    eight_bit = sum(count for (kind, _), count in census.items() if kind in {"MatMulInteger", "ConvInteger"})
    assert (eight_bit > 0) == (products == "int8")


def test_the_model_states_what_it_reads_and_makes() -> None:
    model = to_onnx(PROGRAM, products="int32")
    (reads,), (makes,) = model.graph.input, model.graph.output
    assert (reads.name, makes.name) == (INPUT, "logits")
    assert [d.dim_param or d.dim_value for d in reads.type.tensor_type.shape.dim] == [1, TIME, CHANNELS]


def test_what_no_operator_makes_cannot_be_observed() -> None:
    with pytest.raises(ProgramError, match="nothing"):
        to_onnx(PROGRAM, products="int8", observe=("nothing",))


def test_a_step_that_reads_nothing_known_is_refused() -> None:
    step = Step(name="lost", operator=RelativeShift(), inputs=("nowhere",))
    program = Program(target="int8x16", inputs=PROGRAM.inputs, steps=(step,), output="lost", description={})
    with pytest.raises(ProgramError, match="lost: reads \\['nowhere'\\]"):
        to_onnx(program, products="int8")


def test_the_self_test_agrees_with_the_runtime() -> None:
    model, feeds, expected = extreme_products()
    assert not_whole(operator_census(model)) == {}
    results = run_model(model, feeds)
    exact = all(np.array_equal(results[name], expected[name]) for name in expected)
    assert choose_products(run_bytes) == ("int8" if exact else "int32")


def test_the_self_test_notices_pairs_that_saturate() -> None:
    _, _, expected = extreme_products()

    def saturated(model: bytes, feeds: Any) -> dict[str, np.ndarray]:
        """What a pairwise u8 x s8 kernel without VNNI gives for one of the products."""
        del model
        a, b = feeds["uint8_int8_5_left"].astype(np.int64), feeds["uint8_int8_5_right"].astype(np.int64)
        a, b = np.pad(a, ((0, 0), (0, 1))), np.pad(b, ((0, 1), (0, 0)))
        pairs = a[:, 0::2, None] * b[0::2] + a[:, 1::2, None] * b[1::2]
        return expected | {"uint8_int8_5": np.clip(pairs, -(1 << 15), (1 << 15) - 1).sum(axis=1)}

    assert choose_products(lambda model, feeds: expected) == "int8"
    assert choose_products(saturated) == "int32"
    for name in expected:
        assert choose_products(lambda model, feeds, name=name: expected | {name: expected[name] + 1}) == "int32"
