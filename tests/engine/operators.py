"""Random operators on random values of a program that is being built; None where one does not fit."""

from math import prod
from typing import Any

import numpy as np
from tests.engine.building import NARROW, Builder, Made

from earnest.integer.codes import Domain, code_range, weight_limit
from earnest.integer.law.add import Add
from earnest.integer.law.bias_norm import BiasNorm
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
from earnest.integer.law.rms_norm import RmsNorm
from earnest.integer.law.softmax import Softmax
from earnest.integer.law.table import Table
from earnest.integer.law.weighted_mean import WeightedMean
from earnest.numerics.norm import group_pre_shift
from earnest.numerics.recurrence import gate_tables

CHANNELS = (1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 48, 64, 65, 80)


def narrow(b: Builder, x: Made | None, bits: int = 8) -> Made | None:
    """The value, or a change of its grid to few bits."""
    if x is None or x.last.bits <= bits:
        return x
    m, s = b.pair(x.last.magnitude, bits, negative=True)
    signed = b.chance(0.8)
    zero, z = b.code(x.last.bits, signed=x.last.signed), b.code(bits, signed=signed)
    return b.put(Add(zero_points=(zero,), multipliers=(m,), shift=s, zero_point=z, bits=bits, signed=signed), x)


def constant(b: Builder, shape: tuple[int, ...], bits: int) -> Made | None:
    """Codes that depend on nothing, sometimes of a narrow interval."""
    low, high = code_range(bits, signed=True)
    if b.chance(0.2):
        low, high = sorted((b.integer(low, high), b.integer(low, high)))
    return b.put(Constant(codes=b.codes(shape, low, high), bits=bits))


def weighted(b: Builder, x: Made, shape: tuple[int, ...]) -> dict:
    """Constants of a linear or a convolution on a value."""
    odd = b.chance(0.4)
    bits = b.integer(1, 7) if odd else b.integer(2, 8)
    if b.chance(0.3):
        odd, bits = False, 8
    limit = weight_limit(bits, "odd" if odd else "symmetric")
    weight = b.codes(shape, -limit, limit)
    weight = weight | 1 if odd else weight
    depth = weight[0].size
    group = b.integer(min(8, depth), depth) if b.chance(0.3) else depth
    multiplier = b.codes((shape[0], -(-depth // group)), 1, 127 // limit)
    factors = weight * np.repeat(multiplier, group, axis=1)[:, :depth].reshape(weight.shape)
    sums = np.abs(factors).reshape(shape[0], -1).sum(axis=1) * x.last.magnitude
    room = (1 << 31) - 1 if b.target.accumulator_bits == 64 else max(0, (1 << 31) - 1 - int(sums.max()))
    most = b.pick([0, 100, min(room, 1 << 20), room])
    bias = b.codes(shape[:1], -most, most)
    if b.chance(0.3):  # sums of some channels are much larger than those of others
        bias = np.where(b.rng.random(shape[0]) < 0.5, bias, 0)
    result = b.result(8, 8, 8, 16, 16, 4, 2, 24)
    pairs = [b.pair(int(total), result["bits"]) for total in sums + np.abs(bias)]
    return {
        "weight": weight.astype(np.int8),
        "group_multiplier": multiplier.astype(np.uint8),
        "bias": bias.astype(np.int32),
        "multiplier": np.asarray([m for m, _ in pairs], dtype=np.uint16),
        "shift": np.asarray([s for _, s in pairs], dtype=np.uint8),
        "weight_bits": bits,
        "weight_map": "odd" if odd else "symmetric",
        "weight_group": group,
        "input_bits": x.last.bits,
        "input_signed": x.last.signed,
        **result,
    }


def linear(b: Builder, x: Made | None = None, out: int | None = None) -> Made | None:
    """E10."""
    x = x or b.some(lambda v: v.rank > 0 and v.fixed(-1) is not None)
    if x is None or x.rank == 0 or x.fixed(-1) is None:
        return None
    return b.put(Linear(**weighted(b, x, (out or b.pick(CHANNELS), x.last.shape[-1]))), x)


def embedding(b: Builder) -> Made | None:
    """E26 of codes that have no sign."""
    x = b.some(lambda v: v.last.low >= 0 and v.last.bits <= 8)
    if x is None:
        return None
    constants = weighted(b, x, (x.last.high + 1 + b.pick([0, 0, 3]), b.pick(CHANNELS[:9])))
    for other in ("bias", "input_bits", "input_signed"):
        del constants[other]
    return b.put(Embedding(**constants), x)


def recurrence(b: Builder) -> Made | None:
    """E29 or E30 of what a linear makes, with tables of the functions or of anything."""
    x = b.some(lambda v: v.rank == 3 and v.fixed(-1) is not None)
    if x is None:
        return None
    kind, units = b.pick([LongShortTermMemory, GatedRecurrentUnit]), b.pick(CHANNELS[:10])
    rows, zero = kind.gates * units, b.code(16, signed=True) if b.chance(0.2) else 0
    arguments = weighted(b, x, (rows, x.last.shape[-1])) | {"bits": 16, "signed": True, "zero_point": zero}
    heard = b.put(Linear(**arguments), x)
    result = b.result(8, 8, 8, 16, 4, 2)
    hidden = Domain.full(result["bits"], signed=result["signed"], shape=(1, units))
    constants = weighted(b, Made(name="", domains=(hidden,), shape=(1, units)), (rows, units))
    del constants["input_bits"], constants["input_signed"]
    sigmoid, tanh = gate_tables()
    if b.chance(0.3):
        sigmoid, tanh = b.codes((513,), 0, (1 << 31) - 1), b.codes((513,), -(1 << 31), (1 << 31) - 1)
    m, s = b.pair(1 << (30 if kind is LongShortTermMemory else 15), result["bits"], negative=True)
    output = {"output_multiplier": m, "output_shift": s, "reverse": b.chance(0.5)}
    return heard and b.put(kind(sigmoid=sigmoid, tanh=tanh, **(constants | output | result)), heard)


def convolution(b: Builder, x: Made | None = None, *, depthwise: bool = False) -> Made | None:
    """E11 over one or two axes, in groups or not; drawn again where the shortest input has too few positions."""
    x = x or b.some(lambda v: v.rank in (3, 4) and v.fixed(1) is not None)
    if x is None or x.fixed(1) is None:
        return None
    made = (_convolution(b, x, depthwise=depthwise) for _ in range(4))
    return next((each for each in made if each is not None), None)


def _convolution(b: Builder, x: Made, *, depthwise: bool) -> Made | None:
    channels, rank = x.last.shape[1], x.rank - 2
    divisors = [d for d in range(1, channels + 1) if channels % d == 0]
    groups = channels if depthwise or b.chance(0.35) else b.pick(divisors)
    out = groups * b.pick([1, 1, 1, 2, 3]) if groups > 1 else b.pick(CHANNELS[:10])
    taps = tuple(b.pick([1, 1, 2, 3, 3, 4, 5, 7]) for _ in range(rank))
    settings = {
        "strides": tuple(b.pick([1, 1, 2, 3]) for _ in range(rank)),
        "padding": tuple(b.pick([0, 0, t // 2, t // 2, t]) for t in taps),
        "dilations": tuple(b.pick([1, 1, 1, 2, 3]) for _ in range(rank)),
        "groups": groups,
        "input_zero_point": b.code(x.last.bits, signed=x.last.signed),
    }
    constants = weighted(b, x, (out, channels // groups, *taps))
    return b.put((Convolution1d if rank == 1 else Convolution2d)(**constants, **settings), x)


def partner(b: Builder, left: Made, bits: tuple[int, ...]) -> Made | None:
    """A right operand: a value that fits, or a constant whose batches broadcast."""
    fitting = [v for v in b.values if v.rank >= 2 and v.last.bits in bits and v.shape[-2] == left.shape[-1]]
    if fitting and b.chance(0.6):
        return b.pick(fitting)
    depth = left.fixed(-1)
    if depth is None:
        return None
    outer = left.last.shape[:-2]
    batch = tuple(1 if b.chance(0.4) or left.fixed(axis) is None else n for axis, n in enumerate(outer))
    shape = (*batch[b.integer(0, len(batch)) :], depth, b.pick(CHANNELS[:10]))
    return constant(b, shape, b.pick([width for width in bits if width < 24]))


def matmul(b: Builder, left: Made | None = None, right: Made | None = None) -> Made | None:
    """E12, with zero points; handed on unrounded where that is proved."""
    left = left or b.some(lambda v: v.rank >= 2)
    right = right or (left and partner(b, left, (8, 8, 8, 16, 4, 24)))
    if left is None or right is None or left.rank < 2:
        return None
    zeros = [b.code(x.last.bits, signed=x.last.signed) for x in (left, right)]
    if b.chance(0.4):
        zeros = [0, 0]
    bound = left.last.shape[-1] * left.last.centred(zeros[0]) * right.last.centred(zeros[1])
    common = {
        "left_bits": left.last.bits,
        "right_bits": right.last.bits,
        "left_zero_point": zeros[0],
        "right_zero_point": zeros[1],
    }
    if bound < 1 << 23 and b.chance(0.4):
        identity = {"multiplier": 1 << 15, "shift": 15, "zero_point": 0, "bits": 24, "signed": b.chance(0.8)}
        return b.put(MatMul(**common, **identity), left, right)
    result = b.result()
    m, s = b.pair(bound, result["bits"], negative=True)
    return b.put(MatMul(**common, multiplier=m, shift=s, **result), left, right)


def weighted_mean(b: Builder, left: Made | None = None, right: Made | None = None) -> Made | None:
    """E20."""
    left = left or b.some(lambda v: v.rank >= 2 and v.last.bits <= 8 and not v.last.signed)
    right = right or (left and partner(b, left, (8, 8, 4, 16)))
    if left is None or right is None:
        return None
    zero = b.code(right.last.bits, signed=right.last.signed)
    result = b.result()
    m, s = b.pair(right.last.centred(zero), result["bits"])
    operator = WeightedMean(
        right_bits=right.last.bits, right_zero_point=zero, multiplier=max(m, 1 << 15), shift=s, **result
    )
    return b.put(operator, left, right)


def companions(b: Builder, x: Made, count: int) -> list[Made]:
    """Values that broadcast with one: equal shapes, or constants with some axes of extent 1 or missing."""
    found = []
    for _ in range(count):
        alike = [v for v in b.values if v.shape == x.shape and None not in v.shape]
        if len(alike) > 1 and b.chance(0.6):
            found.append(b.pick(alike))
            continue
        shape = [1 if x.fixed(a) is None or b.chance(0.4) else n for a, n in enumerate(x.last.shape)]
        made = constant(b, tuple(shape[b.integer(0, len(shape)) :]), b.pick([8, 8, 16, 3]))
        found += [made] if made is not None else []
    return found


def add(b: Builder, x: Made | None = None, *others: Made) -> Made | None:
    """E13 of one to four operands, in any order."""
    x = x or b.some()
    if x is None:
        return None
    operands = [x, *(others or companions(b, x, b.pick([0, 1, 1, 1, 1, 2, 3])))]
    operands = [operands[int(i)] for i in b.rng.permutation(len(operands))]
    zeros = [b.code(v.last.bits, signed=v.last.signed) for v in operands]
    wide = b.chance(0.25)
    multipliers = [b.pair(1, 8, negative=True)[0] << (b.integer(0, 17) if wide else 0) for _ in operands]
    bound = sum(v.last.centred(z) * abs(m) for v, z, m in zip(operands, zeros, multipliers, strict=True))
    result = b.result(8, 8, 8, 16, 16, 4, 24)
    _, s = b.pair(bound >> 16, result["bits"])
    return b.put(Add(zero_points=tuple(zeros), multipliers=tuple(multipliers), shift=s, **result), *operands)


def mul(b: Builder) -> Made | None:
    """E14."""
    x = b.some()
    other = companions(b, x, 1) if x is not None else []
    if x is None or not other:
        return None
    left, right = (x, other[0]) if b.chance(0.5) else (other[0], x)
    zeros = [b.code(v.last.bits, signed=v.last.signed) for v in (left, right)]
    result = b.result()
    m, s = b.pair(left.last.centred(zeros[0]) * right.last.centred(zeros[1]), result["bits"], negative=True)
    operator = Multiply(left_zero_point=zeros[0], right_zero_point=zeros[1], multiplier=m, shift=s, **result)
    return b.put(operator, left, right)


def entries(b: Builder, x: Made, bits: int) -> dict:
    """A table for every code of a value."""
    low, high = code_range(bits, signed=True)
    return {"table": b.codes((1 << x.last.bits,), low, high), "input_bits": x.last.bits, "input_signed": x.last.signed}


def table(b: Builder, x: Made | None = None) -> Made | None:
    """E15."""
    x = narrow(b, x or b.some(), b.pick([8, 8, 8, 4]))
    bits = b.pick([8, 8, 8, 16, 4])
    return x and b.put(Table(**entries(b, x, bits), bits=bits), x)


def interpolated_table(b: Builder) -> Made | None:
    """E16: smooth, rough, or of the largest steps that there are."""
    x = b.some(lambda v: v.last.bits == 16 and v.last.signed)
    top = b.pick([1 << 16, 1 << 23, 1 << 24, (1 << 31) - 1])
    ramp = ((np.arange(513) - 256) * (top // 256)).astype(np.int64)
    knots = ramp if b.chance(0.4) else b.codes((513,), -top, top)
    return x and b.put(InterpolatedTable(table=knots, bits=b.pick([8, 16, 16, 5, 24])), x)


def glu(b: Builder, x: Made | None = None, axis: int | None = None) -> Made | None:
    """E17 on any axis of even extent."""
    x = narrow(b, x or b.some())
    axes = [a for a in range(x.rank) if x.last.shape[a] % 2 == 0 and x.fixed(a) is not None] if x is not None else []
    if x is None or not axes or x.last.bits not in NARROW:
        return None
    gate_bits = b.pick([8, 16, 16, 5])
    constants = entries(b, x, gate_bits)
    gate = constants.pop("table")
    zero, result = b.code(x.last.bits, signed=x.last.signed), b.result()
    m, s = b.pair(x.last.centred(zero) << (gate_bits - 1), result["bits"], negative=True)
    common = {"axis": b.pick(axes) if axis is None else axis, "input_zero_point": zero, "multiplier": m, "shift": s}
    return b.put(GatedLinearUnit(gate=gate, gate_bits=gate_bits, **constants, **common, **result), x)


def _masked(b: Builder, x: Made) -> bool:
    return x.rank > 1 and all(d.shape[-2] <= d.shape[-1] for d in x.domains) and b.chance(0.5)


def _falling(b: Builder, count: int, first: int, halving: float) -> np.ndarray:
    kind = b.integer(0, 3)
    if kind == 0:
        return np.concatenate([[first], b.codes((count,), 0, first)])[:count]
    if kind == 1:
        return np.full(count, first)
    return np.floor(first * 2.0 ** (-np.arange(count) / halving)).astype(np.int64)


def softmax(b: Builder, x: Made | None = None) -> Made | None:
    """E18."""
    x = x or b.some(lambda v: v.rank > 0 and v.last.bits <= 16)
    if x is None or x.last.bits > 16:
        return None
    bits = x.last.bits
    fine_bits = 8 if bits == 16 and b.chance(0.6) else b.integer(0, bits - 1)
    halving = float(b.pick([0.5, 10, 1000])) + 1
    coarse = _falling(b, 1 << (bits - fine_bits), 32767, halving / (1 << fine_bits))
    fine = _falling(b, 1 << fine_bits, 32768, halving)
    return b.put(Softmax(coarse=coarse, fine=fine, input_bits=bits, fine_bits=fine_bits, masked=_masked(b, x)), x)


def exponential(b: Builder, x: Made | None = None) -> Made | None:
    """E19."""
    x = narrow(b, x or b.some(lambda v: v.rank > 0))
    if x is None or x.rank == 0:
        return None
    fall = _falling(b, 1 << x.last.bits, 255, float(b.pick([0.5, 10, 100])))
    return b.put(Exponential(table=fall, input_bits=x.last.bits, masked=_masked(b, x)), x)


def layer_norm(b: Builder, x: Made | None = None) -> Made | None:
    """E21."""
    x = _channels_last(b, x)
    return None if x is None else b.put(LayerNorm(**_norm(b, x)), x)


def rms_norm(b: Builder, x: Made | None = None) -> Made | None:
    """E28: a layer norm's constants, and any zero point."""
    x = _channels_last(b, x)
    if x is None:
        return None
    common = _norm(b, x)
    return b.put(RmsNorm(input_zero_point=b.code(x.last.bits, signed=x.last.signed), **common), x)


def bias_norm(b: Builder, x: Made | None = None) -> Made | None:
    """E31: an RMS norm's constants, and offsets within the codes or beyond."""
    x = _channels_last(b, x)
    if x is None:
        return None
    common, most = _norm(b, x), b.pick([1, 1 << (x.last.bits - 1), (1 << 23) - 1])
    offset = b.codes((x.last.shape[-1],), -most, most)
    return b.put(BiasNorm(offset=offset, input_zero_point=b.code(x.last.bits, signed=x.last.signed), **common), x)


def _channels_last(b: Builder, x: Made | None) -> Made | None:
    """The value, or some, whose last axis has one extent; None where it has not."""
    x = x or b.some(lambda v: v.rank > 0 and v.fixed(-1) is not None)
    return None if x is None or x.fixed(-1) is None else x


def _norm(b: Builder, x: Made) -> dict[str, Any]:
    """The fields that norms over the last axis share."""
    channels, result = x.last.shape[-1], b.result()
    pairs = [b.pair(1 << 16, result["bits"], negative=True) for _ in range(channels)]
    most = b.pick([0, 1 << 20, 1 << 35, 1 << 60])
    return {
        "multiplier": np.asarray([m for m, _ in pairs], dtype=np.int32),
        "shift": np.asarray([s for _, s in pairs], dtype=np.uint8),
        "bias": b.codes((channels,), -most, most),
        "epsilon": b.pick([1, 77, 1 << 20, 1 << 45, 1 << 60]),
        "input_bits": x.last.bits,
        **result,
    }


def group_norm(b: Builder, x: Made | None = None) -> Made | None:
    """E25, shifted as far as the greatest length needs it, or further."""
    x = x or b.some(lambda v: v.rank in (3, 4) and v.fixed(1) is not None)
    if x is None or x.fixed(1) is None:
        return None
    channels, result = x.last.shape[1], b.result()
    groups = b.pick([g for g in range(1, channels + 1) if channels % g == 0])
    count = channels // groups * prod(x.last.shape[2:])
    pairs = [b.pair(1 << 16, result["bits"], negative=True) for _ in range(channels)]
    most = b.pick([0, 1 << 20, 1 << 35, 1 << 60])
    operator = GroupNorm(
        multiplier=np.asarray([m for m, _ in pairs], dtype=np.int32),
        shift=np.asarray([s for _, s in pairs], dtype=np.uint8),
        bias=b.codes((channels,), -most, most),
        groups=groups,
        pre_shift=min(15, group_pre_shift(x.last.bits + 1, count) + b.pick([0, 0, 1, 5])),
        epsilon=b.pick([0, 1 << 15, 50000]),
        epsilon_shift=b.integer(17, 47),
        input_bits=x.last.bits,
        **result,
    )
    return b.put(operator, x)
