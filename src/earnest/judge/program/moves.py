"""What is known of codes that an operator moves and does not change (E22, E23)."""

from collections.abc import Sequence

from earnest.judge.program import rules
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value


def moved(place: Place) -> Value:
    """What is known of the operands' codes holds for the result."""
    return joined(place, [])


def joined(place: Place, others: Sequence[int]) -> Value:
    """The same where other codes join those of the operands."""
    first = place.operands[0]
    alike = all((value.bits, value.signed) == (first.bits, first.signed) for value in place.operands)
    place.require(alike, rules.CLAIMED_WIDTHS, "expected operands of one width and sign")
    return Value(
        bits=first.bits,
        signed=first.signed,
        low=min([*(value.low for value in place.operands), *others]),
        high=max([*(value.high for value in place.operands), *others]),
        shape=place.shape,
        from_input=any(value.from_input for value in place.operands),
        stored=place.stored(),
    )
