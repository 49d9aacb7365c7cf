"""Cases of group norm over time, of RMS norm and of BiasNorm."""

import numpy as np
from tests.integer.case import Case, Value, channels, edges, fill, make, random, value

from earnest.integer.law.bias_norm import BiasNorm
from earnest.integer.law.group_norm import GroupNorm
from earnest.integer.law.rms_norm import RmsNorm

GAIN = [(40000, 25), (-50000, 26)]


def norm(x: Value, pairs: list[tuple[int, int]] | None = None, **changes: int) -> GroupNorm:
    """A group norm of the operand's channels."""
    count = x.domain.shape[1]
    bias = changes.pop("bias", 0)
    settings = {"groups": 1, "pre_shift": 0, "epsilon": 0, "epsilon_shift": 1, "zero_point": 0, "bits": 8} | changes
    return GroupNorm(
        **channels(pairs or GAIN, count, signed=True),
        bias=np.resize(np.asarray([bias, -bias, 0]), count).astype(np.int64),
        input_bits=x.domain.bits,
        signed=True,
        **settings,
    )


def group_norm() -> list[Case]:
    """E25."""

    def case(name: str, x: Value, pairs: list[tuple[int, int]] | None = None, **changes: int) -> Case:
        return make(name, norm(x, pairs, **changes), x)

    bytes_ = value(fill(edges(8), (2, 4, 11)), 8)
    words = value(fill(edges(16), (2, 4, 9), 5), 16)
    extremes = value(np.where(np.arange(48) % 2, 32767, -32768).reshape(1, 4, 12), 16)
    return [
        case("each channel alone", bytes_, groups=4, bias=1 << 20),
        case("all channels together", bytes_, groups=1),
        case("pairs of channels", bytes_, groups=2, epsilon=40000, epsilon_shift=20),
        case("8 unsigned bits", value(fill(edges(8, signed=False), (2, 3, 7)), 8, signed=False), groups=3),
        case("16 bits", words, groups=4, bits=16),
        case("16 bits, shifted by 1", words, groups=2, pre_shift=1, bits=16),
        case("16 bits, shifted by 6", words, groups=1, pre_shift=6, epsilon=65535, epsilon_shift=1),
        case("shifted by 15", words, groups=4, pre_shift=15),
        case("the widest codes", extremes, groups=2, bits=16),
        case("the largest epsilon", extremes, groups=4, epsilon=65535, epsilon_shift=1),
        case("the smallest epsilon", extremes, groups=4, epsilon=32768, epsilon_shift=47),
        case("epsilon rounds up to 1 at a tie", bytes_, groups=4, epsilon=32768, epsilon_shift=23),
        case("one code of variance", value(np.eye(3, 8, dtype=int)[None], 8), groups=3, bits=16),
        case("no variance", value(np.full((1, 2, 5), -128), 8), groups=2, bias=1 << 30),
        case("one position", value(fill(edges(8), (3, 6, 1)), 8), groups=2),
        case("two axes of positions", value(fill(edges(8), (2, 4, 3, 5)), 8), groups=2),
        case("ties", words, [(32768, 31), (-32768, 31)], groups=4, bits=16),
        case("shifts 1 and 47", words, [(65535, 1), (-65535, 47)], groups=4, bias=1 << 45, zero_point=3),
        case("multiplier 0", words, [(0, 1), (0, 47)], groups=4, bias=(1 << 46) + 1, zero_point=-128),
        case("random", random(94, (2, 6, 31), 8), groups=3, bias=1 << 24, epsilon=51234, epsilon_shift=19),
        case("random, 16 bits", random(95, (2, 6, 31), 16), groups=6, pre_shift=2, bits=16),
    ]


def rms_norm() -> list[Case]:
    """E28."""

    def case(name: str, x: Value, pairs: list[tuple[int, int]] | None = None, **changes: int) -> Case:
        count, bias = x.domain.shape[-1], changes.pop("bias", 0)
        settings = {"epsilon": 1, "input_zero_point": 0, "zero_point": 0, "bits": 8} | changes
        operator = RmsNorm(
            **channels(pairs or GAIN, count, signed=True),
            bias=np.resize(np.asarray([bias, -bias, 0]), count).astype(np.int64),
            input_bits=x.domain.bits,
            signed=True,
            **settings,
        )
        return make(name, operator, x)

    bytes_ = value(fill(edges(8), (9, 5)), 8)
    unsigned = value(fill(edges(8, signed=False), (9, 6)), 8, signed=False)
    words = value(np.concatenate([fill(edges(16), (9, 24)), fill(edges(16), (9, 24), 7)]), 16)
    loud = value(np.where(np.arange(400).reshape(2, 200) % 3, 32767, -32768), 16)
    return [
        case("16 bits", words, bias=1 << 22),
        case("8 bits", bytes_, bias=1 << 20),
        case("8 bits, zero point -128", bytes_, input_zero_point=-128),
        case("8 bits, zero point 127", bytes_, input_zero_point=127, zero_point=-128),
        case("8 bits, zero point 5, result of 16", bytes_, input_zero_point=5, bits=16),
        case("8 unsigned bits", unsigned, input_zero_point=131, epsilon=77),
        case("8 unsigned bits, zero point 255", unsigned, input_zero_point=255),
        case("16 bits, zero point -32768", words, input_zero_point=-32768, bits=16),
        case("16 bits, zero point 32767", loud, input_zero_point=32767, bits=16),
        case("16 bits, largest epsilon", words, epsilon=1 << 60),
        case("16 bits, large epsilon", words, epsilon=1 << 40, bits=16),
        case("the mean counts", value([[100] * 7, [-100] * 7, [101, *[100] * 6]], 8), bits=16),
        case("the zero point throughout", value(np.full((3, 17), 9), 8), input_zero_point=9, bias=1 << 24),
        case("the loudest rows", loud, bits=16),
        case("one feature stands out", value([[32767, *[0] * 199], [-32768, *[1] * 199]], 16), bits=16),
        case("ties", words, [(32768, 31), (-32768, 31)], bits=16),
        case("shifts 1 and 47", words, [(65535, 1), (-65535, 47)], bias=1 << 45, zero_point=3),
        case("multiplier 0", words, [(0, 1), (0, 47)], bias=(1 << 46) + 1, zero_point=-128),
        case("one channel", value([[-32768], [32767], [0]], 16), bias=1 << 30),
        case("random", random(97, (2, 3, 33), 16), bias=1 << 24, epsilon=12345, input_zero_point=-77),
        case("random, small codes", value(random(98, (2, 3, 33), 3).codes, 16), epsilon=9, input_zero_point=2),
        case("random, 4 bits", random(99, (2, 3, 70), 4), input_zero_point=-3, bits=4, zero_point=2),
    ]


def bias_norm() -> list[Case]:
    """E31."""

    def case(
        name: str, x: Value, offset: list[int], pairs: list[tuple[int, int]] | None = None, **changes: int
    ) -> Case:
        count, bias = x.domain.shape[-1], changes.pop("bias", 0)
        settings = {"epsilon": 1, "input_zero_point": 0, "zero_point": 0, "bits": 8} | changes
        operator = BiasNorm(
            **channels(pairs or GAIN, count, signed=True),
            bias=np.resize(np.asarray([bias, -bias, 0]), count).astype(np.int64),
            offset=np.resize(np.asarray(offset), count).astype(np.int64),
            input_bits=x.domain.bits,
            signed=True,
            **settings,
        )
        return make(name, operator, x)

    bytes_ = value(fill(edges(8), (9, 5)), 8)
    unsigned = value(fill(edges(8, signed=False), (9, 6)), 8, signed=False)
    words = value(np.concatenate([fill(edges(16), (9, 24)), fill(edges(16), (9, 24), 7)]), 16)
    loud = value(np.where(np.arange(400).reshape(2, 200) % 3, 32767, -32768), 16)
    low, high, far = -32768, 32767, 1 << 23
    return [
        case("16 bits", words, [300, -4000, 7], bias=1 << 22),
        case("8 bits", bytes_, [5, -7, 100], bias=1 << 20),
        case("8 bits, offsets of 0", bytes_, [0]),
        case("8 bits, zero point -128", bytes_, [-128, -100], input_zero_point=-128),
        case("8 bits, zero point 127", bytes_, [127, 3], input_zero_point=127, zero_point=-128),
        case("8 bits, zero point 5, result of 16", bytes_, [4, 5, 6], input_zero_point=5, bits=16),
        case("8 unsigned bits", unsigned, [131, 0, 255], input_zero_point=131, epsilon=77),
        case("8 unsigned bits, offsets below", unsigned, [-40, 300], input_zero_point=255),
        case("16 bits, zero point -32768", words, [low, low + 5], input_zero_point=low, bits=16),
        case("16 bits, zero point 32767", loud, [high, low], input_zero_point=high, bits=16),
        case("offsets beyond the codes", bytes_, [1000, -129, 128, -70000], bits=16),
        case("the farthest offsets", words, [far - 1, -far], [(40000, 17), (-50000, 18)], bits=16),
        case("16 bits, largest epsilon", words, [9, -9], epsilon=1 << 60),
        case("16 bits, large epsilon", words, [200, -77, 1], epsilon=1 << 40, bits=16),
        case("the offsets throughout", value([[9, -4, 100] * 3] * 2, 8), [9, -4, 100], bits=16, bias=1 << 24),
        case("the offsets throughout, epsilon 2", value([[7] * 5], 16), [7], [(65535, 38)], epsilon=2, bits=16),
        case("the offsets throughout, large epsilon", value([[high] * 5], 16), [high], epsilon=1 << 30, bits=16),
        case("one code from the offsets", value(np.eye(3, 8, dtype=int) + 50, 8), [50], bits=16),
        case("the zero point throughout", value(np.full((3, 17), 9), 8), [10, 4], input_zero_point=9, bias=1 << 24),
        case("the loudest rows", loud, [high, low, 0], bits=16),
        case("one feature stands out", value([[high, *[0] * 199], [low, *[1] * 199]], 16), [1, 0], bits=16),
        case("ties", words, [1, -1], [(32768, 31), (-32768, 31)], bits=16),
        case("shifts 1 and 47", words, [40, 2], [(65535, 1), (-65535, 47)], bias=1 << 45, zero_point=3),
        case("multiplier 0", words, [8], [(0, 1), (0, 47)], bias=(1 << 46) + 1, zero_point=-128),
        case("one channel", value([[low], [high], [0]], 16), [5], bias=1 << 30),
        case("random", random(101, (2, 3, 33), 16), [70, -4], bias=1 << 24, epsilon=12345, input_zero_point=-77),
        case("random, small codes", value(random(102, (2, 3, 33), 3).codes, 16), [1, -2], epsilon=9, bits=16),
        case("random, 4 bits", random(103, (2, 3, 70), 4), [2, -9], input_zero_point=-3, bits=4, zero_point=2),
    ]
