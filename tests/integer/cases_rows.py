"""Cases of functions of one code, of rows, and of layout."""

import numpy as np
from tests.integer.case import Case, Value, channels, edges, fill, make, random, value

from earnest.integer.law.concat import Concat
from earnest.integer.law.constant import Constant
from earnest.integer.law.exponential import Exponential
from earnest.integer.law.interpolated_table import InterpolatedTable
from earnest.integer.law.layer_norm import LayerNorm
from earnest.integer.law.pad import Pad
from earnest.integer.law.relative_shift import RelativeShift
from earnest.integer.law.reshape import Reshape
from earnest.integer.law.slice import Slice
from earnest.integer.law.softmax import Softmax
from earnest.integer.law.table import Table
from earnest.integer.law.transpose import Transpose


def table() -> list[Case]:
    """E15."""

    def case(name: str, x: Value, entries: np.ndarray, bits: int) -> Case:
        entries = entries.astype(np.int8 if bits <= 8 else np.int16)
        operator = Table(table=entries, input_bits=x.domain.bits, input_signed=x.domain.signed, bits=bits)
        return make(name, operator, x)

    every = value(np.arange(-128, 128), 8)
    return [
        case("every code", every, np.arange(127, -129, -1), 8),
        case("every unsigned code", value(np.arange(256)[None], 8, signed=False), np.arange(-128, 128), 8),
        case("16-bit entries", every, fill(edges(16), (256,)), 16),
        case("relu", every, np.maximum(np.arange(-128, 128), 0), 8),
        case("2 bits", value([[-2], [-1], [0], [1]], 2), np.asarray([7, -8, 0, 1]), 4),
        case("3 unsigned bits", value(np.arange(8), 3, signed=False), fill([-2, 1], (8,)), 2),
        case("random", random(81, (2, 3, 5), 8), random(82, (256,), 8).codes, 8),
    ]


def interpolated_table() -> list[Case]:
    """E16."""

    def case(name: str, x: Value, entries: np.ndarray, bits: int = 16) -> Case:
        return make(name, InterpolatedTable(table=np.asarray(entries).astype(np.int32), bits=bits), x)

    ends = value(edges(16), 16)
    knots = value(np.asarray([k * 128 + d - 32768 for k in range(0, 512, 73) for d in (0, 1, 63, 64, 65, 127)]), 16)
    top = (1 << 31) - 1
    line = (np.arange(513) * 128 - 32768) * 256
    return [
        case("the identity", ends, line),
        case("the identity, 8 bits", ends, line, 8),
        case("minus the identity", ends, -line),
        case("ties", ends, fill([128, 384, -128, -384], (513,))),
        case("steepest", knots, fill([top, -top - 1], (513,))),
        case("lowest", knots, np.full(513, -top - 1)),
        case("highest, 2 bits", knots, np.full(513, top), 2),
        case("rough", knots, random(83, (513,), 24).codes),
        case("random", random(84, (2, 3, 50), 16), random(85, (513,), 24).codes),
    ]


def _rows(bits: int, keys: int) -> np.ndarray:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    rows = [[low] * keys, [high] * keys, [0] * keys, [high] + [low] * (keys - 1), [low] * (keys - 1) + [high]]
    rows.append([high - min(i, high - low) for i in range(keys)])
    rows.append([high] * (keys // 2) + [low] * (keys - keys // 2))
    return np.asarray(rows)


def _softmax_tables(bits: int, fine_bits: int, halving: float) -> tuple[np.ndarray, np.ndarray]:
    coarse = 2.0 ** (-(np.arange(1 << (bits - fine_bits)) << fine_bits) / halving)
    fine = 2.0 ** (-np.arange(1 << fine_bits) / halving)
    return np.round(coarse * 32767).astype(np.uint16), np.round(fine * 32768).astype(np.uint16)


def softmax() -> list[Case]:
    """E18."""

    def case(name: str, x: Value, fine_bits: int, halving: float, masked: bool = False) -> Case:
        bits = x.domain.bits
        coarse, fine = _softmax_tables(bits, fine_bits, halving)
        return make(name, Softmax(coarse=coarse, fine=fine, input_bits=bits, fine_bits=fine_bits, masked=masked), x)

    every = value([edges(16)], 16)
    flat = np.full(256, 32767)
    level = Softmax(
        coarse=flat.astype(np.uint16), fine=(flat + 1).astype(np.uint16), input_bits=16, fine_bits=8, masked=False
    )
    return [
        case("16 bits", value(_rows(16, 21), 16), 8, 700.0),
        case("16 bits, every edge", every, 8, 3000.0),
        case("16 bits, 7 fine bits", every, 7, 50.0),
        make("tables that never fall", level, value(_rows(16, 3), 16)),
        case("8 bits, no fine table", value(_rows(8, 21), 8), 0, 11.5),
        case("8 bits, unsigned", value(_rows(8, 9) + 128, 8, signed=False), 4, 11.5),
        case("2 bits", value([[-2, -1, 0, 1], [1, 1, 1, 1]], 2), 1, 1.0),
        case("T = 1", value([[[-32768]], [[32767]]], 16), 8, 700.0),
        case("causal", value(fill(edges(16), (2, 6, 6), 7), 16), 8, 700.0, masked=True),
        case("causal, more keys than queries", value(fill(edges(16), (3, 8), 5), 16), 8, 20000.0, masked=True),
        case("causal, T = 1", value([[-32768]], 16), 8, 700.0, masked=True),
        case(
            "causal, 8 bits, the largest unseen", value([[-128, 127, 127], [-128, -128, 127]], 8), 0, 3.0, masked=True
        ),
        case("random", random(91, (2, 3, 4, 17), 16), 8, 5000.0),
    ]


def exponential() -> list[Case]:
    """E19."""

    def case(name: str, x: Value, halving: float, masked: bool = False) -> Case:
        bits = x.domain.bits
        entries = np.round(255 * 2.0 ** (-np.arange(1 << bits) / halving)).astype(np.uint8)
        return make(name, Exponential(table=entries, input_bits=bits, masked=masked), x)

    return [
        case("edges", value(_rows(8, 21), 8), 11.5),
        case("every code", value(np.arange(-128, 128)[None], 8), 40.0),
        case("unsigned", value(_rows(8, 9) + 128, 8, signed=False), 3.0),
        case("2 bits", value([[-2, -1, 0, 1], [1, 1, 1, 1]], 2), 1.0),
        case("T = 1", value([[[-128]], [[127]]], 8), 11.5),
        case("causal", value(fill(edges(8), (2, 6, 6), 7), 8), 20.0, masked=True),
        case("causal, more keys than queries", value(fill(edges(8), (3, 8), 5), 8), 100.0, masked=True),
        case("causal, the largest unseen", value([[-128, 127, 127], [-128, -128, 127]], 8), 3.0, masked=True),
        case("random", random(92, (2, 3, 4, 17), 8), 30.0),
    ]


def layer_norm() -> list[Case]:
    """E21."""

    def case(
        name: str, x: Value, pairs: list[tuple[int, int]], *, bias: int = 0, epsilon: int = 1, z: int = 0, bits: int = 8
    ) -> Case:
        n = x.domain.shape[-1]
        operator = LayerNorm(
            **channels(pairs, n, signed=True),
            bias=np.resize(np.asarray([bias, -bias, 0]), n).astype(np.int64),
            epsilon=epsilon,
            input_bits=x.domain.bits,
            zero_point=z,
            bits=bits,
            signed=True,
        )
        return make(name, operator, x)

    gain = [(40000, 25), (-50000, 26)]
    wide = np.concatenate([_rows(16, 24), fill(edges(16), (9, 24))])
    return [
        case("16 bits", value(wide, 16), gain, bias=1 << 22),
        case("16 bits, largest epsilon", value(wide, 16), gain, epsilon=1 << 60),
        case("16 bits, large epsilon", value(wide, 16), gain, epsilon=1 << 40, bits=16),
        case("16 bits, result of 16", value(wide, 16), [(65535, 22), (-65535, 21)], bits=16),
        case("ties", value(wide, 16), [(32768, 31), (-32768, 31)], bits=16),
        case("shifts 1 and 47", value(wide, 16), [(65535, 1), (-65535, 47)], bias=1 << 45, z=3),
        case("multiplier 0", value(wide, 16), [(0, 1), (0, 47)], bias=(1 << 46) + 1, z=-128),
        case("zero point 127", value(wide, 16), gain, z=127),
        case("8 bits", value(_rows(8, 5), 8), gain),
        case("8 unsigned bits", value(_rows(8, 5) + 128, 8, signed=False), gain, epsilon=77),
        case(
            "variances about powers of two",
            value([[0] * 7, [1, *[0] * 6], [1, -1] * 3 + [0], [2, -2, *[0] * 5]], 8),
            gain,
            bits=16,
        ),
        case("one channel", value([[-32768], [32767], [0]], 16), gain, bias=1 << 30),
        case("two channels", value([[-32768, 32767], [32767, -32768], [0, 1], [1, 1]], 16), gain),
        case("one feature stands out", value([[32767, *[-32768] * 199], [-32768, *[32767] * 199]], 16), gain, bits=16),
        case("random", random(93, (2, 3, 33), 16), gain, bias=1 << 24, epsilon=12345),
        case("random, small codes", value(random(94, (2, 3, 33), 3).codes, 16), gain, epsilon=9),
    ]


def relative_shift() -> list[Case]:
    """E22."""
    cases = [
        make(f"T = {n}", RelativeShift(), value(np.arange(n * (2 * n - 1)).reshape(n, -1), 16)) for n in (1, 2, 3, 7)
    ]
    return [
        *cases,
        make("24 bits", RelativeShift(), value(fill(edges(24), (2, 3, 5, 9)), 24)),
        make("8 unsigned bits, T = 1", RelativeShift(), value([[[255]]], 8, signed=False)),
    ]


def layout() -> dict[str, list[Case]]:
    """E23 and E24."""
    x, wide, bytes_ = (
        random(95, (2, 5, 6), 16),
        value(fill(edges(24), (2, 3, 4)), 24),
        random(96, (5, 4), 8, signed=False),
    )
    five = {"time": 5}
    ahead = Slice(axis=1, start=("+", "time", -3), stop=("min", ("*", 2, "time"), 5), step=1)
    return {
        "reshape": [
            make("split", Reshape(shape=(2, "time", 2, 3)), x, symbols=five),
            make("merge", Reshape(shape=(("*", 2, "time"), ("//", 13, 2))), x, symbols=five),
            make("24 bits to one axis", Reshape(shape=(24,)), wide),
            make("a scalar", Reshape(shape=()), value([[7]], 8)),
        ],
        "transpose": [
            make("last two", Transpose(order=(0, 2, 1)), x),
            make("cycle, 24 bits", Transpose(order=(2, 0, 1)), wide),
            make("none", Transpose(order=(0, 1)), bytes_),
        ],
        "slice": [
            make("symbols", ahead, x, symbols=five),
            make("step", Slice(axis=2, start=1, stop=6, step=2), x),
            make("step beyond the end", Slice(axis=0, start=1, stop=2, step=9), wide),
            make("all", Slice(axis=0, start=0, stop=5, step=1), bytes_),
        ],
        "pad": [
            make("every side", Pad(before=(1, 0, 2), after=(0, 3, 1), zero_point=-32768), x),
            make("24 bits", Pad(before=(0, 0, 1), after=(0, 1, 0), zero_point=(1 << 23) - 1), wide),
            make("unsigned", Pad(before=(2, 0), after=(0, 2), zero_point=255), bytes_),
            make("nothing", Pad(before=(0, 0), after=(0, 0), zero_point=0), bytes_),
        ],
        "concat": [
            make("two", Concat(axis=1), x, random(97, (2, 1, 6), 16)),
            make("three, unsigned", Concat(axis=0), bytes_, bytes_, random(98, (1, 4), 8, signed=False)),
            make("24 bits", Concat(axis=2), wide, wide),
            make("one", Concat(axis=0), bytes_),
        ],
        "constant": [
            make("8 bits", Constant(codes=fill(edges(8), (3, 7)).astype(np.int8), bits=8)),
            make("16 bits", Constant(codes=edges(16).astype(np.int16), bits=16)),
            make("a scalar of 2 bits", Constant(codes=np.asarray(-2, dtype=np.int8), bits=2)),
        ],
    }
