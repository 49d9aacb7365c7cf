"""Two operands, each with a zero point, and the one multiplier of their products (E12, E14)."""

from earnest.judge.program.fields import RESULT, integer, shift
from earnest.judge.program.place import Place

FIELDS = {
    **dict.fromkeys(("left_zero_point", "right_zero_point", "multiplier"), integer),
    "shift": shift,
    **RESULT,
}


def check_pair(place: Place, bits: int, signed: bool) -> None:
    """The zero points are codes, and the multiplier is one of the law, for a result of a width."""
    left, right = place.operands
    place.zero_point("left_zero_point", left.bits, left.signed)
    place.zero_point("right_zero_point", right.bits, right.signed)
    place.zero_point("zero_point", bits, signed)
    place.one_multiplier()
