"""A small program that holds every operator of the law: norm, convolutions, relative attention with both softmaxes,
recurrences.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from tests.integer.case import whole_rows

from earnest.integer.dimension import TIME, Dimension
from earnest.integer.law.add import Add
from earnest.integer.law.bias_norm import BiasNorm
from earnest.integer.law.concat import Concat
from earnest.integer.law.constant import Constant
from earnest.integer.law.conv1d import Convolution1d
from earnest.integer.law.conv2d import Convolution2d
from earnest.integer.law.embedding import Embedding
from earnest.integer.law.exponential import Exponential
from earnest.integer.law.glu import GatedLinearUnit
from earnest.integer.law.group_norm import GroupNorm
from earnest.integer.law.gru import GatedRecurrentUnit
from earnest.integer.law.interpolated_table import InterpolatedTable
from earnest.integer.law.layer_norm import LayerNorm
from earnest.integer.law.linear import Linear
from earnest.integer.law.lstm import LongShortTermMemory
from earnest.integer.law.matmul import MatMul
from earnest.integer.law.mul import Multiply
from earnest.integer.law.operator import Operator
from earnest.integer.law.pad import Pad
from earnest.integer.law.recurrence import Recurrence
from earnest.integer.law.relative_shift import RelativeShift
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.rms_norm import RmsNorm
from earnest.integer.law.slice import Slice
from earnest.integer.law.softmax import Softmax
from earnest.integer.law.table import Table
from earnest.integer.law.transpose import Transpose
from earnest.integer.law.weighted_mean import WeightedMean
from earnest.integer.program.program import INPUT, Input, Program, Step
from earnest.numerics.recurrence import gate_tables

LONGEST, CHANNELS, HEADS, CLASSES = 23, 8, 2, 5
HALF: Dimension = ("//", ("+", TIME, 1), 2)
"""The length after a stride of 2."""
RNG = np.random.default_rng(7)
ROW_FIELDS = (
    *("weight", "group_multiplier", "multiplier", "shift"),
    *("weight_bits", "weight_map", "weight_group"),
)
"""What an embedding has of a linear."""

EIGHT = {"zero_point": 3, "bits": 8, "signed": True}


def weighted(out: int, *shape: int) -> dict[str, Any]:
    """Constants of a linear or a convolution whose results use the whole range."""
    weight = RNG.integers(-127, 128, (out, *shape)).astype(np.int8)
    return {
        "weight": weight,
        **whole_rows(weight),
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


def over_positions() -> GroupNorm:
    return GroupNorm(
        multiplier=np.full(CHANNELS, 45000, dtype=np.int32),
        shift=np.full(CHANNELS, 25, dtype=np.uint8),
        bias=RNG.integers(-(1 << 28), 1 << 28, CHANNELS),
        groups=4,
        pre_shift=0,
        epsilon=40000,
        epsilon_shift=17,
        input_bits=8,
        **EIGHT,
    )


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
        ("grouped", over_positions(), ("first",)),
        ("depthwise", Convolution1d(**weighted(CHANNELS, 1, 3), **over_time, **EIGHT), ("grouped",)),
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


def by_root_mean_square() -> RmsNorm:
    return RmsNorm(
        multiplier=np.full(CHANNELS // HEADS, 45000, dtype=np.int32),
        shift=np.full(CHANNELS // HEADS, 25, dtype=np.uint8),
        bias=RNG.integers(-(1 << 28), 1 << 28, CHANNELS // HEADS),
        epsilon=9,
        input_bits=8,
        input_zero_point=3,
        **EIGHT,
    )


def by_root_from_offsets() -> BiasNorm:
    """The offsets lie within the codes and beyond."""
    common = {name: np.full(CHANNELS // HEADS, value) for name, value in (("multiplier", 45000), ("shift", 26))}
    offset, bias = np.asarray([3, -20, 150, 7]), np.asarray([0, 1 << 20, -(1 << 20), 5])
    fields = {"epsilon": 1 << 12, "input_bits": 8, "input_zero_point": 3}
    return BiasNorm(**common, offset=offset, bias=bias, **fields, **EIGHT)


def rows_of_keys() -> Embedding:
    """A row for each exponential."""
    found = weighted(256, CHANNELS // HEADS)
    found["shift"] = RNG.integers(14, 17, 256).astype(np.uint8)
    return Embedding(**{name: found[name] for name in ROW_FIELDS}, **EIGHT)


def over_time(kind: type[Recurrence], units: int, shift: int, *, reverse: bool) -> tuple[Linear, Recurrence]:
    """A recurrence, and the linear that makes its operand; `shift` brings a hidden state of 1 to about 127."""
    rows, steep = kind.gates * units, RNG.integers(15, 18, kind.gates * units).astype(np.uint8)
    arguments = replace(linear(rows, 2 * CHANNELS if reverse else 4, bits=16, zero_point=0), shift=steep)
    constants = {name: each for name, each in weighted(rows, units).items() if not name.startswith("input_")}
    sigmoid, tanh = gate_tables()
    tables = {"sigmoid": sigmoid.astype(np.int32), "tanh": tanh.astype(np.int32)}
    output = {"output_multiplier": 65011, "output_shift": shift, "reverse": reverse}
    return arguments, kind(**(constants | {"shift": steep}), **tables, **output, **EIGHT)


def recurrent() -> list[tuple[str, Operator, tuple[str, ...]]]:
    """An LSTM backward, a GRU of it forward, and the sum with what the first reads."""
    to_cells, lstm = over_time(LongShortTermMemory, 4, 39, reverse=True)
    to_states, gru = over_time(GatedRecurrentUnit, 2 * CHANNELS, 24, reverse=False)
    return [
        ("cell arguments", to_cells, ("rows",)),
        ("lstm", lstm, ("cell arguments",)),
        ("state arguments", to_states, ("lstm",)),
        ("gru", gru, ("state arguments",)),
        ("recalled", Add(zero_points=(3, 3), multipliers=(40000, 50000), shift=16, **EIGHT), ("rows", "gru")),
    ]


def tail() -> list[tuple[str, Operator, tuple[str, ...]]]:
    """Products, layout and the head."""
    grids = {"left_zero_point": 3, "right_zero_point": 3, "multiplier": 40000, "shift": 22}
    return [
        ("product", Multiply(**grids, **EIGHT), ("context", "mean")),
        ("normalised", by_root_mean_square(), ("product",)),
        ("balanced", by_root_from_offsets(), ("normalised",)),
        ("first key", Slice(axis=3, start=0, stop=1, step=1), ("exponential",)),
        ("rows of keys", rows_of_keys(), ("first key",)),
        ("embedded", Reshape(shape=(1, HEADS, HALF, CHANNELS // HEADS)), ("rows of keys",)),
        ("sum", Add(zero_points=(3, 3), multipliers=(40000, 50000), shift=16, **EIGHT), ("balanced", "embedded")),
        ("both", Concat(axis=3), ("sum", "context")),
        ("padded", Pad(before=(0, 0, 1, 0), after=(0, 0, 2, 0), zero_point=3), ("both",)),
        ("order", Transpose(order=(0, 2, 1, 3)), ("padded",)),
        ("rows", Reshape(shape=(1, ("+", HALF, 3), 2 * CHANNELS)), ("order",)),
        *recurrent(),
        ("logits", linear(CLASSES, 2 * CHANNELS, bits=16), ("recalled",)),
    ]


def small_program() -> Program:
    """All of them in one program, without a description."""
    steps = tuple(Step(name=name, operator=op, inputs=inputs) for name, op, inputs in (*front(), *attention(), *tail()))
    reads = Input.whole(bits=16, signed=True, shape=(1, TIME, CHANNELS), shortest=1, longest=LONGEST)
    return Program(target="int8x16", inputs=(reads,), steps=steps, output="logits", description={})
