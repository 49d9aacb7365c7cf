"""BiasNorm (E31): codes counted from the zero point, divided by the root of squares of codes from offsets."""

import math

from earnest.judge.program import rules
from earnest.judge.program.fields import RESULT, integer, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.norms import CONSTANTS, row_shape, scales
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value, code_range

OFFSET_BITS = 24


def _prove(place: Place) -> Value:
    (x,) = place.operands
    bits, signed = place.result()
    place.reads(0, place.integer("input_bits"))
    place.zero_point("zero_point", bits, signed)
    place.zero_point("input_zero_point", x.bits, x.signed)
    epsilon, channels = place.integer("epsilon"), place.shape[-1]
    lawful = place.require(epsilon >= 1, rules.CONSTANTS, f"expected an epsilon from 1, got {epsilon}")
    if place.array("offset", (channels,), *code_range(OFFSET_BITS, signed=True)) and lawful:
        offset = place.codes("offset")
        farthest = max(abs(x.low - int(offset.max())), abs(x.high - int(offset.min())))
        place.wide(channels**2 * farthest**2 + epsilon, bits=62)
        deviation = channels * x.centred(place.integer("input_zero_point"))
        place.wide((deviation << 16) + (1 << 31))
        scales(place, channels, _largest(deviation, epsilon))
    return place.makes(bits, signed=signed)


def _largest(deviation: int, epsilon: int) -> int:
    """The largest normalised value: that of the least variance, which is eps."""
    k = (epsilon.bit_length() + 1) // 2 - 16
    v = epsilon >> 2 * k if k >= 0 else epsilon << -2 * k
    root = math.isqrt((1 << 62) // v)
    return (deviation * root >> 16 + k) + 1


KIND = Kind(
    fields={"epsilon": integer, "input_bits": width, "input_zero_point": integer, **RESULT},
    constants=(*CONSTANTS, "offset"),
    shape=row_shape,
    prove=_prove,
)
