"""Operators that move codes and change none, and constants: E22 to E24."""

from earnest.judge.program import rules
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value


def layout(place: Place) -> Value:
    """Codes are moved: what is known of them holds for the result, and the pad joins them."""
    kind, first = place.step.kind, place.operands[0]
    if kind == "pad":
        place.zero_point("zero_point", first.bits, first.signed)
    alike = all((value.bits, value.signed) == (first.bits, first.signed) for value in place.operands)
    place.require(alike, rules.CLAIMED_WIDTHS, "expected operands of one width and sign")
    extra = [place.integer("zero_point")] if kind == "pad" else []
    return Value(
        bits=first.bits,
        signed=first.signed,
        low=min([*(value.low for value in place.operands), *extra]),
        high=max([*(value.high for value in place.operands), *extra]),
        shape=place.shape,
        heard=any(value.heard for value in place.operands),
        stored=place.stored(),
    )


def constant(place: Place) -> Value:
    """E24: known to the code."""
    bits, _ = place.result()
    array = place.step.arrays["codes"]
    place.require(
        bits == array.bits <= 16 and array.coding == "signed",
        rules.CLAIMED_WIDTHS,
        f"expected at most 16 signed bits, stored as claimed, got {bits} claimed and {array.coding} {array.bits}",
    )
    codes = array.codes
    return Value(
        bits=bits,
        signed=True,
        low=int(codes.min()),
        high=int(codes.max()),
        shape=place.shape,
        heard=False,
        stored=array.bits,
    )
