"""Products of matrices (E12): a row of probabilities has a bounded sum; 24 bits are the accumulator itself."""

from earnest.judge.program import rules
from earnest.judge.program.factors import OperandByOperand
from earnest.judge.program.fields import width
from earnest.judge.program.kind import Kind
from earnest.judge.program.pairs import FIELDS, check_pair
from earnest.judge.program.place import Place
from earnest.judge.program.shapes import product
from earnest.judge.program.values import Value, code_range

UNIT, UNIT_SHIFT = 1 << 15, 15
"""The multiplier of a product that is handed on unrounded."""


def _prove(place: Place) -> Value:
    a, b = place.operands
    bits, signed = place.result()
    place.reads(0, place.integer("left_bits"))
    place.reads(1, place.integer("right_bits"))
    check_pair(place, bits, signed)
    left = a.shape[-1] * a.centred(place.integer("left_zero_point"))
    if a.row is not None and place.integer("left_zero_point") == 0:
        left = min(left, a.row)
    bound = left * b.centred(place.integer("right_zero_point"))
    place.sums(bound)
    place.varies_with_product(bound)
    if bits == 24:
        epilogue = (place.integer("multiplier"), place.integer("shift"), place.integer("zero_point"))
        _, most = code_range(bits, signed=signed)
        place.require(
            epilogue == (UNIT, UNIT_SHIFT, 0) and bound <= most,
            rules.UNROUNDED,
            f"expected the accumulator itself within {most}, got m, s, z {epilogue} and sums up to {bound}",
        )
        return place.makes(bits, signed=signed, low=-bound if signed else 0, high=bound)
    return place.makes(bits, signed=signed)


KIND = Kind(
    fields={"left_bits": width, "right_bits": width, **FIELDS},
    operands=2,
    shape=product,
    prove=_prove,
    factors=OperandByOperand(),
)
