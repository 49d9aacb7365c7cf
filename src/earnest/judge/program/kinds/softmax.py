"""Softmax (E18): probabilities of 16 bits whose row sum is bounded."""

from earnest.judge.program import rules
from earnest.judge.program.fields import shift, truth, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.place import Place
from earnest.judge.program.shapes import rows
from earnest.judge.program.tables import begins_with, entries_vary, furthest
from earnest.judge.program.values import Value

FULL, UNIT = 32767, 32768
"""The exponential of 0, coarse and fine."""


def _prove(place: Place) -> Value:
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
                begins_with(place, name, first)
        far = furthest(place)
        place.varies_if(entries_vary(place, "coarse", 0, far >> fine_bits) or entries_vary(place, "fine", 0, far))
    keys = place.shape[-1]
    return place.makes(16, signed=True, low=0, high=FULL, row=FULL + (keys + 1) // 2)


KIND = Kind(
    fields={"input_bits": width, "fine_bits": shift, "masked": truth},
    constants=("coarse", "fine"),
    shape=rows,
    prove=_prove,
)
