"""RMS norm (E28): a layer norm of codes that are counted from the zero point, which is one of them."""

from earnest.judge.program.fields import RESULT, integer, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.norms import CONSTANTS, of_rows, row_shape
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value


def _prove(place: Place) -> Value:
    (x,) = place.operands
    zero = place.integer("input_zero_point")
    place.zero_point("input_zero_point", x.bits, x.signed)
    return of_rows(place, min(0, x.low - zero), max(0, x.high - zero))


KIND = Kind(
    fields={"epsilon": integer, "input_bits": width, "input_zero_point": integer, **RESULT},
    constants=CONSTANTS,
    shape=row_shape,
    prove=_prove,
)
