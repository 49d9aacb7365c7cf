"""Embeddings (E26): every code that the operand may have is a row."""

from collections.abc import Sequence

import numpy as np

from earnest.judge.program import rules
from earnest.judge.program.fields import RESULT
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.place import MANTISSA_HIGH, Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse
from earnest.judge.program.values import Value, code_range
from earnest.judge.program.weights import CODING, check_weight, weight_sizes


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    weight = step.arrays["weight"].codes.shape
    if len(weight) != 2:
        refuse("a weight of two axes", weight)
    return (*shapes[0], weight[1])


def _prove(place: Place) -> Value:
    (x,) = place.operands
    bits, signed = place.result()
    place.zero_point("zero_point", bits, signed)
    weight = place.step.arrays["weight"]
    check_weight(place, weight)
    rows = len(weight.codes)
    known = place.require(
        x.low >= 0 and x.high < rows, rules.CONSTANTS, f"expected tokens in 0 .. {rows - 1}, got {x.low} .. {x.high}"
    )
    shaped = place.array("multiplier", (rows,), 0, MANTISSA_HIGH - 1) & place.array("shift", (rows,), 0, 255)
    if weight_sizes(place, weight.codes) is not None and shaped and known:
        place.multiplier(place.codes("multiplier"), place.codes("shift"), negative=False)
        place.varies_if(_tells_rows_apart(place, weight.codes[x.low : x.high + 1], x.low))
    return place.makes(bits, signed=signed)


def _tells_rows_apart(place: Place, codes: np.ndarray, first: int) -> bool:
    """Whether two rows that can be reached differ once they are brought to the result's grid."""
    size = place.integer("weight_group")
    chosen = slice(first, first + len(codes))
    factors = np.repeat(place.codes("group_multiplier")[chosen], size, axis=1)[:, : codes.shape[1]]
    shift = np.clip(place.codes("shift")[chosen, None].astype(np.int64), 1, 62)
    product = codes.astype(np.int64) * factors * place.codes("multiplier")[chosen, None]
    low, high = code_range(place.integer("bits"), signed=place.step.fields["signed"])
    made = np.clip(place.integer("zero_point") + ((product + (1 << (shift - 1))) >> shift), low, high)
    return bool((made != made[0]).any())


KIND = Kind(
    fields={**CODING, **RESULT},
    tensors=("weight",),
    constants=("group_multiplier", "multiplier", "shift"),
    shape=_shape,
    prove=_prove,
)
