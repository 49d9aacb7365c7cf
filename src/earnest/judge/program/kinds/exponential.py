"""The 8-bit form of softmax (E19): exponentials of 8 bits, not normalised."""

from earnest.judge.program.fields import truth, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.place import Place
from earnest.judge.program.shapes import rows
from earnest.judge.program.tables import begins_with, entries_vary, furthest, narrow
from earnest.judge.program.values import Value


def _prove(place: Place) -> Value:
    input_bits = place.integer("input_bits")
    place.reads(0, input_bits)
    narrow(place, input_bits)
    if place.array("table", (1 << place.operands[0].bits,), 0, 255):
        begins_with(place, "table", 255)
        place.varies_if(entries_vary(place, "table", 0, furthest(place)))
    return place.makes(8, signed=False)


KIND = Kind(fields={"input_bits": width, "masked": truth}, constants=("table",), shape=rows, prove=_prove)
