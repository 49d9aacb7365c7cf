"""Products of two grids (E14)."""

from earnest.judge.program.fields import RESULT, integer, shift
from earnest.judge.program.kind import Kind
from earnest.judge.program.place import Place
from earnest.judge.program.shapes import together
from earnest.judge.program.values import Value


def _prove(place: Place) -> Value:
    a, b = place.operands
    bits, signed = place.result()
    place.zero_point("left_zero_point", a.bits, a.signed)
    place.zero_point("right_zero_point", b.bits, b.signed)
    place.zero_point("zero_point", bits, signed)
    place.one_multiplier()
    bound = a.centred(place.integer("left_zero_point")) * b.centred(place.integer("right_zero_point"))
    place.sums(bound)
    place.hears_product(bound)
    return place.makes(bits, signed=signed)


KIND = Kind(
    fields={
        **dict.fromkeys(("left_zero_point", "right_zero_point", "multiplier"), integer),
        "shift": shift,
        **RESULT,
    },
    operands=2,
    shape=together,
    prove=_prove,
)
