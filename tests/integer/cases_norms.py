"""Cases of group norm over time."""

import numpy as np
from tests.integer.case import Case, Value, channels, edges, fill, make, random, value

from earnest.integer.group_norm import GroupNorm

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
