"""Cases of the operators with weights: linear, conv1d, conv2d, embedding."""

from typing import Any

import numpy as np
from tests.integer.case import MULTIPLIERS, Case, Value, channels, corners, edges, fill, make, random, value, whole_rows

from earnest.integer.codes import Domain, weight_limit
from earnest.integer.law.conv1d import Convolution1d
from earnest.integer.law.conv2d import Convolution2d
from earnest.integer.law.embedding import Embedding
from earnest.integer.law.linear import Linear

ONE, TIE = [(1 << 15, 15)], [(1 << 15, 16)]


def _constants(
    weight: Any,
    x: Value,
    *,
    pairs: list[tuple[int, int]] | tuple[tuple[int, int], ...] = ((40503, 23),),
    bias: Any = 0,
    weight_bits: int = 8,
    weight_map: str = "symmetric",
    groups_of: int | None = None,
    group_multiplier: Any = None,
    zero_point: int = 0,
    bits: int = 8,
    signed: bool = True,
) -> dict[str, Any]:
    weight = np.asarray(weight).astype(np.int8)
    out = weight.shape[0]
    grouped = whole_rows(weight)
    if groups_of is not None:
        count = -(-weight[0].size // groups_of)
        multiplier = np.broadcast_to(np.asarray(group_multiplier), (out, count)).astype(np.uint8)
        grouped = {"group_multiplier": multiplier, "weight_group": groups_of}
    return {
        "weight": weight,
        **grouped,
        "bias": np.broadcast_to(np.asarray(bias), (out,)).astype(np.int32),
        **channels(pairs, out),
        "weight_bits": weight_bits,
        "weight_map": weight_map,
        "input_bits": x.domain.bits,
        "input_signed": x.domain.signed,
        "zero_point": zero_point,
        "bits": bits,
        "signed": signed,
    }


def _random_weight(seed: int, shape: tuple[int, ...], bits: int = 8, weight_map: str = "symmetric") -> np.ndarray:
    limit = weight_limit(bits, weight_map)
    weight = np.random.default_rng(seed).integers(-limit, limit, size=shape, endpoint=True)
    return weight | 1 if weight_map == "odd" else weight


def _linear(name: str, weight: Any, x: Value, **settings: Any) -> Case:
    return make(name, Linear(**_constants(weight, x, **settings)), x)


def linear() -> list[Case]:
    """E10."""
    column = value(edges(8)[:, None], 8)
    unsigned = value(edges(8, signed=False)[:, None], 8, signed=False)
    low, high = corners(8)
    extremes = value([[low] * 65, [high] * 65, [low, high] * 32 + [low], [0] * 65], 8)
    full = np.asarray([[127] * 65, [-127] * 65, [127, -127] * 32 + [127], [0] * 65])
    top = (1 << 31) - 1
    cases = [
        _linear("ties", [[1], [-1], [127], [-127]], column, pairs=TIE, bits=16),
        _linear("ties of an odd bias", [[2], [-2], [0]], column, pairs=[(32768, 17)], bias=[1, -1, 2], bits=16),
        _linear("every multiplier", np.ones((9, 1)), column, pairs=MULTIPLIERS, bits=16),
        _linear("every multiplier, every weight", fill(edges(8, low=-127), (27, 1)), unsigned, pairs=MULTIPLIERS),
        _linear("one-sided rows", full, extremes, pairs=[(65535, 28), (32768, 1), (32768, 47)]),
        _linear("one-sided rows, 24 bits", full, extremes, pairs=ONE, bits=24),
        _linear("one-sided rows, unsigned", full, value([[255] * 65, [0] * 65], 8, signed=False), pairs=ONE, bits=24),
        _linear("dead channels", [[0], [0], [0], [0]], column, bias=[top, -top, 0, 1], pairs=[(65535, 39), (0, 1)]),
        _linear("lowest zero point", [[127], [-127]], column, zero_point=-128),
        _linear("highest zero point", [[127], [-127]], column, zero_point=127),
        _linear("unsigned result", [[127], [-127]], column, zero_point=255, signed=False),
        _linear("result of 2 bits", [[1], [-1]], column, bits=2, pairs=[(65535, 22)]),
        _linear("accumulator of 32 bits", [[127] * 4], value([[low] * 4, [high] * 4], 8), bias=[127 * 512 - top]),
        _linear("one element", [[-127]], value([low], 8), pairs=TIE, bits=16),
        _linear(
            "1-bit weights",
            [[1, -1, 1], [-1, -1, -1]],
            random(1, (4, 3), 8),
            weight_bits=1,
            weight_map="odd",
            pairs=ONE,
        ),
        _linear(
            "2-bit odd", fill([-3, -1, 1, 3], (5, 7)), random(2, (4, 7), 4), weight_bits=2, weight_map="odd", pairs=ONE
        ),
        _linear("ternary", fill([-1, 0, 1], (5, 7)), random(3, (4, 7), 2), weight_bits=2, pairs=TIE),
        _linear("4-bit", fill(range(-7, 8), (5, 7)), random(4, (4, 7), 8), weight_bits=4, pairs=[(50000, 18)]),
        _linear("4-bit odd", fill(range(-15, 16, 2), (5, 7)), random(4, (4, 7), 8), weight_bits=4, weight_map="odd"),
        _linear("7-bit odd", fill([-127, 127, -1, 1], (3, 4)), random(5, (2, 4), 8), weight_bits=7, weight_map="odd"),
    ]
    groups = {
        "groups of 8": (4, "symmetric", 8, fill(range(1, 17), (5, 3))),
        "groups of 9, the last of 2": (4, "odd", 9, fill(range(1, 9), (5, 3))),
        "1-bit weights, the largest multiplier": (1, "odd", 10, [[127, 1]]),
        "one group, not 1": (3, "symmetric", 20, fill([1, 42, 7], (5, 1))),
    }
    for name, (width, weight_map, size, multiplier) in groups.items():
        weight = _random_weight(6, (5, 20), width, weight_map)
        x = random(7, (4, 20), 8)
        grouped = {"weight_map": weight_map, "groups_of": size, "group_multiplier": multiplier}
        cases.append(_linear(name, weight, x, weight_bits=width, pairs=[(50000, 20)], bias=-77, **grouped))
    for seed, shape in enumerate(((33,), (3, 17), (2, 5, 24), (1, 1, 2, 9))):
        bias = np.random.default_rng(seed).integers(-50000, 50000, size=11)
        weight = _random_weight(seed, (11, shape[-1]))
        signed = seed % 2 == 0
        x = random(seed, shape, 8, signed=signed)
        cases.append(
            _linear(f"random {seed}", weight, x, bias=bias, pairs=[(45000, 24), (60001, 23)], zero_point=7, bits=16)
        )
    return cases


def _conv(
    name: str,
    weight: Any,
    x: Value,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    input_zero_point: int = 0,
    **settings: Any,
) -> Case:
    rank = np.asarray(weight).ndim - 2
    each = tuple((s,) * rank if isinstance(s, int) else tuple(s) for s in (stride, padding, dilation))
    operator = (Convolution1d if rank == 1 else Convolution2d)(
        **_constants(weight, x, **settings),
        strides=each[0],
        padding=each[1],
        dilations=each[2],
        groups=groups,
        input_zero_point=input_zero_point,
    )
    return make(name, operator, x)


def conv1d() -> list[Case]:
    """E11 over one axis."""
    low, high = corners(8)
    line = value(edges(8)[None, None], 8)
    sides = value([[[low] * 9] * 3, [[high] * 9] * 3], 8)
    full = np.full((2, 3, 5), 127) * np.asarray([1, -1])[:, None, None]
    short = value([[[high], [low]]], 8)
    unsigned = random(11, (2, 4, 9), 8, signed=False)
    return [
        _conv("ties", [[[1]], [[-1]], [[3]]], line, pairs=TIE, bits=16),
        _conv("every multiplier", np.ones((9, 1, 1)), line, pairs=MULTIPLIERS, bits=16),
        _conv("one-sided", full, sides, pairs=ONE, bits=24),
        _conv(
            "one-sided, padded with the lowest code", full, sides, padding=4, input_zero_point=low, pairs=ONE, bits=24
        ),
        _conv(
            "one-sided, padded with the highest code", full, sides, padding=2, input_zero_point=high, pairs=ONE, bits=24
        ),
        _conv("T = 1", _random_weight(1, (3, 2, 3)), short, padding=1, bias=[5, -5, 0]),
        _conv("T = 1, more padding than input", _random_weight(1, (3, 2, 7)), short, padding=3, stride=2),
        _conv("dead channels", np.zeros((2, 2, 1)), short, bias=[(1 << 31) - 1, -(1 << 31) + 1], pairs=[(65535, 40)]),
        _conv("depthwise", _random_weight(2, (4, 1, 3)), unsigned, groups=4, padding=1, input_zero_point=255),
        _conv("depthwise, two filters each", _random_weight(3, (8, 1, 3)), unsigned, groups=4, padding=1),
        _conv("grouped", _random_weight(4, (6, 2, 3)), unsigned, groups=2, stride=2, padding=2, input_zero_point=128),
        _conv("strided", _random_weight(5, (3, 4, 3)), unsigned, stride=3, zero_point=-128),
        _conv("dilated", _random_weight(6, (3, 4, 3)), unsigned, dilation=3, padding=3, zero_point=127, bits=8),
        _conv("strided and dilated", _random_weight(7, (3, 4, 2)), unsigned, dilation=4, stride=2, padding=1, bits=16),
        _conv("pointwise", _random_weight(8, (5, 4, 1)), unsigned, signed=False, zero_point=255),
        _conv("4-bit", _random_weight(9, (3, 4, 3), 4), unsigned, weight_bits=4, pairs=[(40000, 19), (0, 47)]),
        _conv("4-bit odd", _random_weight(9, (3, 4, 3), 4, "odd"), unsigned, weight_bits=4, weight_map="odd"),
        _conv("2-bit odd", fill([-3, -1, 1, 3], (3, 4, 3)), unsigned, weight_bits=2, weight_map="odd", pairs=TIE),
        _conv("ternary", fill([-1, 0, 1], (3, 4, 3)), unsigned, weight_bits=2, pairs=TIE),
        _conv(
            "groups across channels",
            _random_weight(9, (3, 4, 3), 4),
            unsigned,
            weight_bits=4,
            groups_of=8,
            group_multiplier=[[3, 16], [1, 2], [18, 1]],
        ),
        _conv(
            "input of 4 bits", _random_weight(1, (2, 3, 3)), random(12, (1, 3, 8), 4), padding=1, input_zero_point=-8
        ),
    ]


def conv2d() -> list[Case]:
    """E11 over two axes."""
    low, high = corners(8)
    line = value(edges(8).reshape(1, 1, -1, 1), 8)
    sides = value([[[[low] * 4] * 5] * 2, [[[high] * 4] * 5] * 2], 8)
    full = np.full((2, 2, 3, 3), 127) * np.asarray([1, -1])[:, None, None, None]
    point = value([[[[high]], [[low]]]], 8)
    image = random(21, (2, 4, 7, 6), 8, signed=False)
    signed = random(22, (1, 4, 6, 7), 8)
    return [
        _conv("ties", [[[[1]]], [[[-1]]], [[[3]]]], line, pairs=TIE, bits=16),
        _conv("every multiplier", np.ones((9, 1, 1, 1)), line, pairs=MULTIPLIERS, bits=16),
        _conv("one-sided", full, sides, pairs=[(65535, 28), (65535, 1)]),
        _conv(
            "one-sided, padded with the lowest code", full, sides, padding=2, input_zero_point=low, pairs=TIE, bits=16
        ),
        _conv("one-sided, padded with the highest code", full, sides, padding=1, input_zero_point=high, bits=16),
        _conv("T = 1", _random_weight(1, (3, 2, 3, 3)), point, padding=1, bias=[5, -5, 0]),
        _conv(
            "dead channels", np.zeros((2, 2, 1, 1)), point, bias=[(1 << 31) - 1, -(1 << 31) + 1], pairs=[(65535, 40)]
        ),
        _conv("subsampling", _random_weight(2, (5, 4, 3, 3)), image, stride=2, padding=1, bias=-70000, zero_point=-128),
        _conv("depthwise", _random_weight(3, (4, 1, 3, 3)), image, groups=4, padding=1, input_zero_point=255),
        _conv("depthwise, two filters each", _random_weight(4, (8, 1, 3, 2)), signed, groups=4, padding=(1, 0)),
        _conv(
            "grouped", _random_weight(5, (6, 2, 2, 3)), image, groups=2, stride=(1, 2), input_zero_point=128, padding=1
        ),
        _conv("dilated", _random_weight(6, (3, 4, 2, 2)), image, dilation=(3, 2), padding=(2, 1), bits=16),
        _conv(
            "unequal everything",
            _random_weight(7, (3, 4, 2, 3)),
            signed,
            stride=(2, 3),
            dilation=(2, 1),
            padding=(0, 2),
        ),
        _conv("pointwise", _random_weight(8, (5, 4, 1, 1)), signed, signed=False, zero_point=255),
        _conv("4-bit", _random_weight(9, (3, 4, 3, 3), 4), image, weight_bits=4, pairs=[(40000, 20), (0, 47)]),
        _conv("4-bit odd", _random_weight(9, (3, 4, 3, 3), 4, "odd"), image, weight_bits=4, weight_map="odd"),
        _conv("2-bit odd", fill([-3, -1, 1, 3], (3, 4, 3, 3)), image, weight_bits=2, weight_map="odd", pairs=TIE),
        _conv("ternary", fill([-1, 0, 1], (3, 4, 3, 3)), image, weight_bits=2, pairs=TIE),
        _conv(
            "groups across channels and taps",
            _random_weight(9, (3, 4, 3, 3), 2),
            image,
            weight_bits=2,
            groups_of=16,
            group_multiplier=fill(range(1, 10), (3, 3)),
        ),
        _conv(
            "input of 2 bits",
            _random_weight(1, (2, 3, 3, 1)),
            random(23, (1, 3, 4, 3), 2),
            padding=1,
            input_zero_point=1,
        ),
    ]


def _tokens(ids: Any, rows: int, bits: int = 16) -> Value:
    """Indices of rows, known to be some."""
    codes = value(ids, bits, signed=False)
    domain = Domain(bits=bits, signed=False, shape=codes.domain.shape, low=0, high=rows - 1)
    return Value(codes=codes.codes, domain=domain)


def _embedding(name: str, weight: Any, ids: Any, *, token_bits: int = 16, **settings: Any) -> Case:
    weight = np.asarray(weight)
    x = _tokens(ids, len(weight), token_bits)
    constants = _constants(weight, x, **settings)
    for other in ("bias", "input_bits", "input_signed"):
        del constants[other]
    return make(name, Embedding(**constants), x)


def embedding() -> list[Case]:
    """E26."""
    every = fill(edges(8, low=-127), (9, 11), 5)
    rows = len(MULTIPLIERS)
    narrow = fill([-7, 7, 0, 1, -1], (6, 20))
    return [
        _embedding("every row by 1", every, np.arange(9)[None], pairs=ONE),
        _embedding("ties", every, [[8, 0, 8]], pairs=TIE),
        _embedding("every multiplier", every[:rows], np.arange(rows), pairs=MULTIPLIERS, bits=16),
        _embedding("saturates", every, np.arange(9)[:, None], pairs=[(65535, 8)], zero_point=3),
        _embedding("unsigned result", every, np.arange(9), pairs=TIE, zero_point=128, signed=False),
        _embedding("tokens of 3 bits", every[:8], np.arange(8), token_bits=3, pairs=ONE),
        _embedding("one row", [[127, -127]], np.zeros((2, 3), dtype=int), pairs=TIE),
        _embedding(
            "groups of 8", narrow, [[5, 0]], weight_bits=4, groups_of=8, group_multiplier=[1, 18, 3], pairs=ONE, bits=16
        ),
        _embedding("odd codes", [[-3, 3], [1, -1]], [1, 0, 1], weight_bits=2, weight_map="odd", pairs=TIE),
        _embedding("random", _random_weight(61, (50, 16)), random(62, (2, 3, 5), 5, signed=False).codes, bits=16),
    ]
