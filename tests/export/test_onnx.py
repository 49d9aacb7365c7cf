"""A whole program in ONNX: every value is bit for bit the law's, at every length, and no float is anywhere."""

from typing import Any

import numpy as np
import pytest
from tests.export.session import run_bytes, run_model, skip_unless_trusted

from earnest.errors import ProgramError
from earnest.export.census import not_whole, operator_census
from earnest.export.onnx import to_onnx
from earnest.export.products import PRODUCTS
from earnest.export.self_test import choose_products, extreme_products
from earnest.integer.accumulation import IntegerAccumulation
from earnest.integer.add import Add
from earnest.integer.convolution import Convolution1d, Convolution2d
from earnest.integer.dimension import Dimension
from earnest.integer.gated import GatedLinearUnit
from earnest.integer.layer_norm import LayerNorm
from earnest.integer.layout import Concat, Constant, Pad, Reshape, Slice, Transpose
from earnest.integer.linear import Linear
from earnest.integer.matmul import MatMul
from earnest.integer.multiply import Multiply
from earnest.integer.operator import Operator
from earnest.integer.operators import OPERATORS
from earnest.integer.program import INPUT, TIME, Input, Program, Step, run
from earnest.integer.relative_shift import RelativeShift
from earnest.integer.softmax import Exponential, Softmax, WeightedMean
from earnest.integer.table import InterpolatedTable, Table
from earnest.integer.target import load_target
from earnest.integer.verifier import verify

LONGEST, CHANNELS, HEADS = 23, 8, 2
HALF: Dimension = ("//", ("+", TIME, 1), 2)
"""The length after a stride of 2."""
RNG = np.random.default_rng(7)
EIGHT = {"zero_point": 3, "bits": 8, "signed": True}


def weighted(out: int, *shape: int) -> dict[str, Any]:
    """Constants of a linear or a convolution whose results use the whole range."""
    return {
        "weight": RNG.integers(-127, 128, (out, *shape)).astype(np.int8),
        "bias": RNG.integers(-(1 << 14), 1 << 14, out).astype(np.int32),
        "multiplier": RNG.integers(1 << 15, 1 << 16, out).astype(np.uint16),
        "shift": RNG.integers(22, 25, out).astype(np.uint8),
        "weight_bits": 8,
        "weight_map": "symmetric",
        "input_bits": 8,
        "input_signed": True,
    }


def linear(out: int, depth: int, **result: Any) -> Linear:
    return Linear(**weighted(out, depth), **(EIGHT | result))


def product(left_bits: int, right_bits: int, multiplier: int, shift: int, **result: Any) -> MatMul:
    return MatMul(
        left_bits=left_bits,
        right_bits=right_bits,
        left_zero_point=0 if left_bits == 16 else 3,
        right_zero_point=3,
        multiplier=multiplier,
        shift=shift,
        **(EIGHT | result),
    )


def accumulator() -> MatMul:
    return product(8, 8, 1 << 15, 15, zero_point=0, bits=24)


def scores(bits: int, shift: int) -> Add:
    return Add(zero_points=(0, 0), multipliers=(40000, 50000), shift=shift, zero_point=0, bits=bits, signed=True)


def front() -> list[tuple[str, Operator, tuple[str, ...]]]:
    """Norm, strided convolutions, gated linear unit, tables: [1, time, 8] to [1, half, 8]."""
    channels = np.full(CHANNELS, 45000, dtype=np.int32)
    norm = LayerNorm(
        multiplier=channels,
        shift=np.full(CHANNELS, 25, dtype=np.uint8),
        bias=RNG.integers(-(1 << 28), 1 << 28, CHANNELS),
        epsilon=9,
        input_bits=16,
        **EIGHT,
    )
    gate = {"gate": RNG.integers(0, 1 << 15, 256).astype(np.int16), "gate_bits": 16, "axis": 2}
    grid = {"input_bits": 8, "input_signed": True, "input_zero_point": 3, "multiplier": 40000, "shift": 30}
    over_time = {"strides": (2,), "padding": (1,), "dilations": (1,), "groups": CHANNELS, "input_zero_point": 3}
    over_both = {"strides": (1, 1), "padding": (1, 1), "dilations": (1, 1), "groups": 1, "input_zero_point": 3}
    knots = np.cumsum(RNG.integers(0, 40000, 513)).astype(np.int32) - 5_000_000
    eight_bits = {"input_bits": 8, "input_signed": True, "bits": 8}
    return [
        ("curve", InterpolatedTable(table=knots, bits=16), (INPUT,)),
        ("norm", norm, ("curve",)),
        ("first", Transpose(order=(0, 2, 1)), ("norm",)),
        ("depthwise", Convolution1d(**weighted(CHANNELS, 1, 3), **over_time, **EIGHT), ("first",)),
        ("image", Reshape(shape=(1, 2, 4, HALF)), ("depthwise",)),
        ("square", Convolution2d(**weighted(2, 2, 3, 3), **over_both, **EIGHT), ("image",)),
        ("channels", Reshape(shape=(1, CHANNELS, HALF)), ("square",)),
        ("last", Transpose(order=(0, 2, 1)), ("channels",)),
        ("wide", linear(2 * CHANNELS, CHANNELS), ("last",)),
        ("glu", GatedLinearUnit(**gate, **grid, **EIGHT), ("wide",)),
        ("silu", Table(table=RNG.integers(-128, 128, 256).astype(np.int8), **eight_bits), ("glu",)),
    ]


def attention() -> list[tuple[str, Operator, tuple[str, ...]]]:
    """Relative attention with both kinds of softmax, under a causal mask and without."""
    steps: list[tuple[str, Operator, tuple[str, ...]]] = []
    for name, order in (("q", (0, 2, 1, 3)), ("k", (0, 2, 3, 1)), ("v", (0, 2, 1, 3))):
        steps += [
            (f"{name}.linear", linear(CHANNELS, CHANNELS), ("silu",)),
            (f"{name}.heads", Reshape(shape=(1, HALF, HEADS, CHANNELS // HEADS)), (f"{name}.linear",)),
            (name, Transpose(order=order), (f"{name}.heads",)),
        ]
    middle = (LONGEST + 1) // 2
    codes = RNG.integers(-128, 128, (HEADS, CHANNELS // HEADS, 2 * middle - 1)).astype(np.int8)
    window = Slice(axis=2, start=("+", middle, ("*", -1, HALF)), stop=("+", middle - 1, HALF), step=1)
    steps += [
        ("positions", Constant(codes=codes, bits=8), ()),
        ("window", window, ("positions",)),
        ("content", accumulator(), ("q", "k")),
        ("distances", accumulator(), ("q", "window")),
        ("shifted", RelativeShift(), ("distances",)),
        ("scores", scores(16, 16), ("content", "shifted")),
        ("small scores", scores(8, 24), ("content", "shifted")),
    ]
    fine = np.sort(RNG.integers(1 << 14, 1 << 15, 256).astype(np.uint16))[::-1].copy()
    coarse = np.sort(RNG.integers(0, 1 << 15, 256).astype(np.uint16))[::-1].copy()
    coarse[0], fine[0] = 32767, 32768
    table = np.linspace(255, 0, 256).astype(np.uint8)
    mean = {"right_bits": 8, "right_zero_point": 3, "multiplier": 60000, "shift": 16}
    return [
        *steps,
        ("softmax", Softmax(coarse=coarse, fine=fine, input_bits=16, fine_bits=8, masked=True), ("scores",)),
        ("context", product(16, 8, 40000, 31), ("softmax", "v")),
        ("exponential", Exponential(table=table, input_bits=8, masked=False), ("small scores",)),
        ("mean", WeightedMean(**mean, **EIGHT), ("exponential", "v")),
    ]


def tail() -> list[tuple[str, Operator, tuple[str, ...]]]:
    """Products, layout and the head."""
    grids = {"left_zero_point": 3, "right_zero_point": 3, "multiplier": 40000, "shift": 22}
    return [
        ("product", Multiply(**grids, **EIGHT), ("context", "mean")),
        ("both", Concat(axis=3), ("product", "context")),
        ("padded", Pad(before=(0, 0, 1, 0), after=(0, 0, 2, 0), zero_point=3), ("both",)),
        ("order", Transpose(order=(0, 2, 1, 3)), ("padded",)),
        ("rows", Reshape(shape=(1, ("+", HALF, 3), 2 * CHANNELS)), ("order",)),
        ("logits", linear(5, 2 * CHANNELS, bits=16), ("rows",)),
    ]


def small_program() -> Program:
    steps = tuple(Step(name=name, operator=op, inputs=inputs) for name, op, inputs in (*front(), *attention(), *tail()))
    reads = Input(bits=16, signed=True, shape=(1, TIME, CHANNELS), shortest=1, longest=LONGEST)
    return Program(target="int8x16", input=reads, steps=steps, output="logits", description={})


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
        run(PROGRAM, codes, IntegerAccumulation(), seen.__setitem__)
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
    program = Program(target="int8x16", input=PROGRAM.input, steps=(step,), output="lost", description={})
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
