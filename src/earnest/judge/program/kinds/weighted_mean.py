"""Means weighted by exponentials (E20): the sum, its product with the mantissa, and the dividend."""

from earnest.judge.program import rules
from earnest.judge.program.factors import OperandByOperand
from earnest.judge.program.fields import RESULT, integer, shift, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.place import Place
from earnest.judge.program.shapes import product
from earnest.judge.program.values import Value


def _prove(place: Place) -> Value:
    e, v = place.operands
    bits, signed = place.result()
    place.require(
        e.bits <= 8 and not e.signed,
        rules.CLAIMED_WIDTHS,
        f"expected exponentials of at most 8 bits without a sign, got {e.bits}, signed {e.signed}",
    )
    place.reads(1, place.integer("right_bits"))
    place.zero_point("right_zero_point", v.bits, v.signed)
    place.zero_point("zero_point", bits, signed)
    place.one_multiplier()
    multiplier, shift = place.integer("multiplier"), place.integer("shift")
    place.require(multiplier > 0, rules.MULTIPLIERS, f"expected a multiplier above 0, got {multiplier}")
    mass = e.shape[-1] * e.high
    bound = mass * v.centred(place.integer("right_zero_point"))
    place.sums(max(bound, mass))
    place.wide((bound << 16) + (1 << max(shift + mass.bit_length(), 0)))
    place.wide(abs(multiplier) << mass.bit_length())
    return place.makes(bits, signed=signed)


KIND = Kind(
    fields={"right_bits": width, "right_zero_point": integer, "multiplier": integer, "shift": shift, **RESULT},
    operands=2,
    shape=product,
    prove=_prove,
    factors=OperandByOperand(),
)
