"""Gated linear units (E17): half of the operand times a table of the other half."""

from collections.abc import Sequence

import numpy as np

from earnest.judge.program.fields import RESULT, integer, shift, truth, width
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape, refuse
from earnest.judge.program.tables import narrow
from earnest.judge.program.values import Value, code_range


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del lengths
    x, axis = shapes[0], step.fields["axis"]
    if not 0 <= axis < len(x) or x[axis] % 2:
        refuse(f"an even extent on axis {axis}", x)
    return (*x[:axis], x[axis] // 2, *x[axis + 1 :])


def _prove(place: Place) -> Value:
    (x,) = place.operands
    bits, signed = place.result()
    input_bits, gate_bits = place.integer("input_bits"), place.integer("gate_bits")
    place.reads(0, input_bits, place.step.fields["input_signed"])
    narrow(place, input_bits)
    place.zero_point("input_zero_point", x.bits, x.signed)
    place.zero_point("zero_point", bits, signed)
    place.one_multiplier()
    if place.array("gate", (1 << x.bits,), *code_range(min(gate_bits, 16), signed=True)):
        bound = x.centred(place.integer("input_zero_point")) * int(np.abs(place.codes("gate")).max())
        place.sums(bound)
        place.varies_with_product(bound)
    return place.makes(bits, signed=signed)


KIND = Kind(
    fields={
        "gate_bits": width,
        "axis": integer,
        "input_bits": width,
        "input_signed": truth,
        "input_zero_point": integer,
        "multiplier": integer,
        "shift": shift,
        **RESULT,
    },
    constants=("gate",),
    shape=_shape,
    prove=_prove,
)
