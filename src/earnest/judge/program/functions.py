"""Functions of a code or of a row: tables, gates, softmax and its 8-bit form (E15 to E19)."""

import numpy as np

from earnest.judge.program import rules
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value, code_range

KNOTS = 513
"""Entries of an interpolated table: a 16-bit code has 512 intervals of 128."""

FULL, UNIT = 32767, 32768
"""The exponential of 0, coarse and fine."""


def table(place: Place) -> Value:
    """E15: 2^b entries, so that no layer can hide in a table."""
    bits, _ = place.result()
    input_bits = place.integer("input_bits")
    place.reads(0, input_bits, place.step.fields["input_signed"])
    _narrow(place, input_bits)
    if place.array("table", (1 << place.operands[0].bits,), *code_range(min(bits, 16), signed=True)):
        place.hears(_varies(place, "table", *_reached(place.operands[0])))
    return place.makes(bits, signed=True)


def interpolated_table(place: Place) -> Value:
    """E16: 513 entries of 32 bits."""
    bits, _ = place.result()
    place.reads(0, 16, signed=True)
    if knots(place, "table"):
        first, last = _reached(place.operands[0])
        place.hears(_varies(place, "table", first >> 7, (last >> 7) + 1))
    return place.makes(bits, signed=True)


def knots(place: Place, name: str) -> bool:
    """A table of E16, and the products of its largest entry."""
    found = place.array(name, (KNOTS,), *code_range(32, signed=True))
    if found:
        place.wide(3 * 128 * int(np.abs(place.codes(name)).max()) + (1 << 15))
    return found


def glu(place: Place) -> Value:
    """E17: half of the operand times a table of the other half."""
    (x,) = place.operands
    bits, signed = place.result()
    input_bits, gate_bits = place.integer("input_bits"), place.integer("gate_bits")
    place.reads(0, input_bits, place.step.fields["input_signed"])
    _narrow(place, input_bits)
    place.zero_point("input_zero_point", x.bits, x.signed)
    place.zero_point("zero_point", bits, signed)
    place.one_multiplier()
    if place.array("gate", (1 << x.bits,), *code_range(min(gate_bits, 16), signed=True)):
        bound = x.centred(place.integer("input_zero_point")) * int(np.abs(place.codes("gate")).max())
        place.sums(bound)
        place.hears_product(bound)
    return place.makes(bits, signed=signed)


def softmax(place: Place) -> Value:
    """E18: probabilities of 16 bits whose row sum is bounded."""
    input_bits, fine_bits = place.integer("input_bits"), place.integer("fine_bits")
    place.reads(0, input_bits)
    split = place.require(
        1 <= input_bits <= 16 and 0 <= fine_bits < input_bits,
        rules.CONSTANTS,
        f"expected at most 16 bits, some of them fine, got {input_bits} and {fine_bits}",
    )
    if split:
        for name, entries, first in (("coarse", input_bits - fine_bits, FULL), ("fine", fine_bits, UNIT)):
            if place.array(name, (1 << entries,), 0, first):
                _begins_with(place, name, first)
        far = _furthest(place)
        place.hears(_varies(place, "coarse", 0, far >> fine_bits) or _varies(place, "fine", 0, far))
    keys = place.shape[-1]
    return place.makes(16, signed=True, low=0, high=FULL, row=FULL + (keys + 1) // 2)


def exponential(place: Place) -> Value:
    """E19: exponentials of 8 bits, not normalised."""
    input_bits = place.integer("input_bits")
    place.reads(0, input_bits)
    _narrow(place, input_bits)
    if place.array("table", (1 << place.operands[0].bits,), 0, 255):
        _begins_with(place, "table", 255)
        place.hears(_varies(place, "table", 0, _furthest(place)))
    return place.makes(8, signed=False)


def _narrow(place: Place, bits: int) -> None:
    place.require(
        1 <= bits <= 8, rules.CONSTANTS, f"expected a table of one code of at most 8 bits, got one of {bits} bits"
    )


def _varies(place: Place, name: str, first: int, last: int) -> bool:
    """Whether the entries that can be reached are not all the same."""
    return len(np.unique(place.codes(name)[first : last + 1])) > 1


def _reached(x: Value) -> tuple[int, int]:
    """First and last entry of a table that the known codes reach."""
    lowest, _ = code_range(x.bits, signed=x.signed)
    return x.low - lowest, x.high - lowest


def _furthest(place: Place) -> int:
    """The largest difference from a row's maximum; a row of one key has none."""
    (x,) = place.operands
    return x.high - x.low if place.shape[-1] > 1 else 0


def _begins_with(place: Place, name: str, first: int) -> None:
    found = int(place.codes(name)[0])
    place.require(
        found == first,
        rules.CONSTANTS,
        f"{name}: expected its first entry, that of the row's maximum, to be {first}, got {found}",
    )
