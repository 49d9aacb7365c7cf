"""Cases of the operators on several activations: matmul, weighted_mean, add, mul, glu."""

import numpy as np
from tests.integer.case import HALF, IDENTITY, MULTIPLIERS, Case, Value, corners, edges, fill, make, random, value

from earnest.integer.law.add import Add
from earnest.integer.law.glu import GatedLinearUnit
from earnest.integer.law.matmul import MatMul
from earnest.integer.law.mul import Multiply
from earnest.integer.law.weighted_mean import WeightedMean


def _matmul(
    name: str,
    left: Value,
    right: Value,
    zeros: tuple[int, int, int] = (0, 0, 0),
    bits: int = 16,
    signed: bool = True,
    multiplier: int = 40503,
    shift: int = 22,
) -> Case:
    operator = MatMul(
        left_bits=left.domain.bits,
        right_bits=right.domain.bits,
        left_zero_point=zeros[0],
        right_zero_point=zeros[1],
        multiplier=multiplier,
        shift=shift,
        zero_point=zeros[2],
        bits=bits,
        signed=signed,
    )
    return make(name, operator, left, right)


def matmul() -> list[Case]:
    """E12."""
    column, row = value(edges(8)[:, None], 8), value([[-128, -1, 0, 1, 127]], 8)
    low, high = (value([[code] * 37] * 2, 8) for code in corners(8))
    lows, highs = (value([[code] * 3] * 37, 8) for code in corners(8))
    unsigned = value([[255] * 37] * 2, 8, signed=False)
    probable = value(
        [[32767, 0, 0, 0], [16384, 16384, 0, 0], [8193, 8192, 8192, 8192], [0, 0, 0, 0]], 16, row_sum=32769
    )
    values = value([[-128, 127, 1]] * 4, 8)
    wide = value(fill(edges(16), (40, 3)), 16)
    cases = [_matmul(f"multiplier {m} shift {s}", column, row, multiplier=m, shift=s) for m, s in MULTIPLIERS]
    cases += [_matmul(f"multiplier {-m} shift {s}", column, row, multiplier=-m, shift=s) for m, s in MULTIPLIERS[1:]]
    return [
        *cases,
        _matmul("ties", column, row, **HALF),
        _matmul("ties, negative", column, row, multiplier=-32768, shift=16),
        _matmul("handed on unrounded", low, lows, bits=24, **IDENTITY),
        _matmul("lowest times highest", low, highs, bits=24, **IDENTITY),
        _matmul("highest times highest, saturated", high, highs, bits=8),
        _matmul("zero points at the low ends", high, highs, (-128, -128, -128), bits=8),
        _matmul("zero points at the high ends", low, lows, (127, 127, 127), bits=8, multiplier=65535, shift=36),
        _matmul(
            "unsigned, lowest zero points",
            unsigned,
            highs,
            (0, 127, 0),
            bits=8,
            signed=False,
            multiplier=-65535,
            shift=38,
        ),
        _matmul("unsigned, highest zero point", unsigned, lows, (255, 0, 255), bits=8, signed=False),
        _matmul("probabilities", probable, values, multiplier=65535, shift=31, bits=8),
        _matmul("probabilities, ties", probable, values, multiplier=32768, shift=30, bits=16),
        _matmul("16 bits times 8", wide, value(fill(edges(8), (3, 5)), 8), multiplier=65535, shift=31),
        _matmul("T = 1", value([[5]], 8), value([[-7]], 8), **HALF),
        _matmul("batches", random(31, (2, 3, 4, 5), 8), random(32, (2, 3, 5, 6), 8), (3, -4, 5), bits=8),
        _matmul(
            "batches that broadcast", random(33, (3, 4, 5), 8), random(34, (2, 1, 5, 6), 8, signed=False), (3, 4, 5)
        ),
        _matmul(
            "one operand of 2 axes", random(35, (2, 4, 5), 4), random(36, (5, 2), 2), bits=4, multiplier=33333, shift=18
        ),
    ]


def _mean(name: str, left: Value, right: Value, zeros: tuple[int, int] = (0, 0), **settings: int) -> Case:
    options = {"multiplier": 1 << 15, "shift": 15, "bits": 8, "signed": True} | settings
    operator = WeightedMean(right_bits=right.domain.bits, right_zero_point=zeros[0], zero_point=zeros[1], **options)  # pyright: ignore[reportArgumentType]
    return make(name, operator, left, right)


def weighted_mean() -> list[Case]:
    """E20."""
    sums = (1, 2, 3, 127, 128, 129, 254, 255)
    one = value([[n] for n in sums], 8, signed=False)
    two = value([[255, n] for n in (0, 1, 2, 253, 254, 255)], 8, signed=False)
    full = value([[255] * 33] * 2, 8, signed=False)
    none = value([[0, 0], [0, 1], [255, 0]], 8, signed=False)
    ends = value([[-128, 127, -1, 0, 1]], 8)
    pair = value([[-128, 127, -1, 0, 1], [127, -128, 0, 1, 1]], 8)
    lows, highs = (value([[code] * 2] * 33, 8) for code in corners(8))
    return [
        _mean("sums about powers of two", one, ends),
        _mean("sums about powers of two, largest mantissa", one, ends, multiplier=65535),
        _mean("two keys", two, pair, bits=16, multiplier=65535, shift=1),
        _mean("ties", two, pair, multiplier=32768, shift=16),
        _mean("no weight at all", none, pair, (-128, 127)),
        _mean("one-sided, lowest", full, lows, bits=16, shift=4),
        _mean("one-sided, highest", full, highs, shift=47, multiplier=65535),
        _mean("lowest zero points", full, highs, (-128, -128), multiplier=40000, shift=16),
        _mean("highest zero points", full, lows, (127, 127), multiplier=40000, shift=16),
        _mean("unsigned values and result", full, value([[255]] * 33, 8, signed=False), (255, 0), signed=False),
        _mean("T = 1", value([[255]], 8, signed=False), value([[-7]], 8)),
        _mean(
            "batches", random(41, (2, 3, 4, 9), 8, signed=False), random(42, (2, 3, 9, 5), 8), (3, 4), bits=16, shift=8
        ),
        _mean("values of 2 bits", random(43, (4, 9), 8, signed=False), random(44, (9, 5), 2), bits=4, multiplier=50000),
    ]


def _add(
    name: str, values: list[Value], zeros: list[int], multipliers: list[int], shift: int = 16, z: int = 0, bits: int = 8
) -> Case:
    operator = Add(
        zero_points=tuple(zeros), multipliers=tuple(multipliers), shift=shift, zero_point=z, bits=bits, signed=True
    )
    return make(name, operator, *values)


def add() -> list[Case]:
    """E13."""
    byte, unsigned = value(edges(8)[:, None], 8), value(edges(8, signed=False)[None], 8, signed=False)
    word, wide = value(edges(16)[:, None], 16), value(edges(24)[None], 24)
    lows, highs = (value([[code] * 3], 16) for code in corners(16))
    few = value([[-128, -127, -1, 0, 1, 127]], 8)
    bottom, top = (value([[code] * 2], 24) for code in corners(24))
    lowest, last = value([[corners(24)[0]]], 24), (1 << 29) - (1 << 23) - 1
    odd = Add(zero_points=(0, 255), multipliers=(40000, -50001), shift=17, zero_point=128, bits=8, signed=False)
    return [
        _add("ties", [byte, few], [0, 0], [32768, 32768], bits=16),
        _add("ties of a difference", [byte, few], [0, 0], [32768, -32768], bits=16),
        _add("change of grid", [word], [-32768], [65535], 24, z=-128),
        _add("change of grid, shift 1", [word], [32767], [-65535], 1, z=127),
        _add("change of grid, shift 47", [wide], [0], [65535], 47, bits=16),
        _add("multiplier 0", [byte, few], [5, -5], [0, 0], 1, z=-77),
        _add("one multiplier 0", [byte, few], [5, -5], [0, 32769], 15, z=-77),
        _add("wide multiplier", [word, few], [0, 0], [32768, 123456789], 20, bits=16),
        _add("wide negative multiplier", [word, few], [7, -7], [-32769, -(1 << 30)], 24, bits=16),
        _add("zero points at the ends", [byte, few], [-128, 127], [40000, 50000], 16, z=127),
        _add("16 and 16 bits, lowest", [lows, lows], [32767, 32767], [65535, 65535], 17, bits=16),
        _add("16 and 16 bits, highest", [highs, lows], [-32768, 32767], [65535, -65535], 17, bits=16),
        _add("24 and 24 bits, lowest", [bottom, bottom], [0, 0], [65535, 65535], 26, bits=16),
        _add("24 and 24 bits, opposite", [bottom, top], [0, 0], [65535, -65535], 26, bits=16),
        _add("24 and 24 bits, to the last sum below 2^52", [wide, lowest], [0, 0], [last - 40000, 40000], 47, bits=16),
        _add("24 bits and 16 that broadcast", [wide, word], [0, 100], [32768, 65535 << 6], 24, bits=16),
        make("unsigned", odd, byte, unsigned),
        _add("three", [random(51 + i, (2, 3, 4), 8) for i in range(3)], [1, 2, 3], [33333, -44444, 55555], 17),
        _add(
            "three that broadcast",
            [random(1, (3, 1), 8), random(2, (2, 1, 4), 16), random(3, (), 8)],
            [0] * 3,
            [50000] * 3,
        ),
    ]


def mul() -> list[Case]:
    """E14."""

    def case(name: str, left: Value, right: Value, zeros: tuple[int, int, int] = (0, 0, 0), **settings: int) -> Case:
        options = {"multiplier": 40503, "shift": 22, "bits": 8, "signed": True} | settings
        operator = Multiply(left_zero_point=zeros[0], right_zero_point=zeros[1], zero_point=zeros[2], **options)  # pyright: ignore[reportArgumentType]
        return make(name, operator, left, right)

    column, row = value(edges(8)[:, None], 8), value([[-128, -127, -1, 0, 1, 3, 127]], 8)
    unsigned = value([[0, 1, 128, 254, 255]], 8, signed=False)
    cases = [case(f"multiplier {m} shift {s}", column, row, multiplier=m, shift=s) for m, s in MULTIPLIERS]
    cases += [case(f"multiplier {-m} shift {s}", column, row, multiplier=-m, shift=s) for m, s in MULTIPLIERS[1:]]
    return [
        *cases,
        case("ties", column, row, bits=16, **HALF),
        case("negative ties", column, row, bits=16, multiplier=-32768, shift=16),
        case("lowest zero points", column, row, (-128, -128, -128)),
        case("highest zero points", column, row, (127, 127, 127), multiplier=-65535, shift=24),
        case("unsigned", column, unsigned, (5, 255, 255), signed=False),
        case("2 bits times 4", random(61, (3, 4), 2), random(62, (3, 4), 4), bits=4, multiplier=32768, shift=17),
        case("scalar", value([[-3]], 8), value([5], 8), **HALF),
        case(
            "random", random(63, (2, 3, 4), 8), random(64, (3, 1), 8), (9, -9, 1), bits=16, multiplier=65535, shift=17
        ),
    ]


def glu() -> list[Case]:
    """E17."""

    def case(
        name: str, x: Value, gate: np.ndarray, gate_bits: int, axis: int, zeros: tuple[int, int], **settings: int
    ) -> Case:
        options = {"multiplier": 40503, "shift": 22, "bits": 8, "signed": True} | settings
        operator = GatedLinearUnit(
            gate=gate.astype(np.int8 if gate_bits <= 8 else np.int16),
            gate_bits=gate_bits,
            axis=axis,
            input_bits=x.domain.bits,
            input_signed=x.domain.signed,
            input_zero_point=zeros[0],
            zero_point=zeros[1],
            **options,
        )  # pyright: ignore[reportArgumentType]
        return make(name, operator, x)

    codes = edges(8)
    every = value(np.stack([np.repeat(codes, len(codes)), np.tile(codes, len(codes))]), 8)
    unsigned = value(np.stack([fill([0, 1, 255, 128], (256,)), np.arange(256)]), 8, signed=False)
    ramp16, ramp8 = np.linspace(0, 32767, 256).astype(np.int64), np.arange(256) // 2
    ends = fill([-32768, 32767, 0, -1, 1], (256,))
    return [
        case("16-bit gate", every, ramp16, 16, 0, (0, 0), multiplier=32768, shift=30),
        case("16-bit gate, ties", every, ramp16, 16, 0, (0, 0), bits=16, **HALF),
        case("8-bit gate", every, ramp8, 8, 0, (-128, -128)),
        case("extreme gate", every, ends, 16, 0, (127, 127), multiplier=-65535, shift=32),
        case("multiplier 0", every, ends, 16, 0, (127, -5), multiplier=0, shift=47),
        case("shift 1", every, ramp8, 8, 0, (127, 0), multiplier=32768, shift=1, bits=16),
        case("unsigned", unsigned, ramp16, 16, 0, (255, 255), signed=False, multiplier=65535, shift=31),
        case("last axis", random(71, (2, 3, 8), 8), ramp16, 16, 2, (3, -4), multiplier=40000, shift=30),
        case("middle axis, T = 1", random(72, (1, 6, 1), 8), ramp8, 8, 1, (0, 0)),
        case("input of 2 bits", value([[-2, -1, 0, 1, 1, 0, -1, -2]], 2), np.asarray([0, 1, 126, 127]), 8, 1, (0, 0)),
    ]
