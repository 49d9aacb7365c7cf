"""Tables of one code (E15): 2^b entries, so that no layer can hide in a table."""

from earnest.judge.program.fields import truth, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.place import Place
from earnest.judge.program.shapes import same
from earnest.judge.program.tables import entries_vary, narrow, reached
from earnest.judge.program.values import Value, code_range


def _prove(place: Place) -> Value:
    bits, _ = place.result()
    input_bits = place.integer("input_bits")
    place.reads(0, input_bits, place.step.fields["input_signed"])
    narrow(place, input_bits)
    if place.array("table", (1 << place.operands[0].bits,), *code_range(min(bits, 16), signed=True)):
        place.varies_if(entries_vary(place, "table", *reached(place.operands[0])))
    return place.makes(bits, signed=True)


KIND = Kind(
    fields={"input_bits": width, "input_signed": truth, "bits": width},
    constants=("table",),
    shape=same,
    prove=_prove,
)
