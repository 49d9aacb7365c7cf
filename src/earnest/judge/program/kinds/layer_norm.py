"""Layer norm (E21): every width that its equation forms."""

from earnest.judge.program.fields import RESULT, integer, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.norms import CONSTANTS, of_rows, row_shape
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value


def _prove(place: Place) -> Value:
    (x,) = place.operands
    return of_rows(place, x.low, x.high)


KIND = Kind(
    fields={"epsilon": integer, "input_bits": width, **RESULT}, constants=CONSTANTS, shape=row_shape, prove=_prove
)
