"""Interpolated tables (E16): 513 entries of 32 bits."""

from earnest.judge.program.fields import width
from earnest.judge.program.kind import Kind
from earnest.judge.program.place import Place
from earnest.judge.program.shapes import same
from earnest.judge.program.tables import entries_vary, knots, reached
from earnest.judge.program.values import Value


def _prove(place: Place) -> Value:
    bits, _ = place.result()
    place.reads(0, 16, signed=True)
    if knots(place, "table"):
        first, last = reached(place.operands[0])
        place.varies_if(entries_vary(place, "table", first >> 7, (last >> 7) + 1))
    return place.makes(bits, signed=True)


KIND = Kind(fields={"bits": width}, constants=("table",), shape=same, prove=_prove)
