"""Products of two grids (E14)."""

from earnest.judge.program.kind import Kind
from earnest.judge.program.pairs import FIELDS, check_pair
from earnest.judge.program.place import Place
from earnest.judge.program.shapes import together
from earnest.judge.program.values import Value


def _prove(place: Place) -> Value:
    a, b = place.operands
    bits, signed = place.result()
    check_pair(place, bits, signed)
    bound = a.centred(place.integer("left_zero_point")) * b.centred(place.integer("right_zero_point"))
    place.sums(bound)
    place.varies_with_product(bound)
    return place.makes(bits, signed=signed)


KIND = Kind(fields=FIELDS, operands=2, shape=together, prove=_prove)
