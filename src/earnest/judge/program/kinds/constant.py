"""Constants (E24): known to the code."""

from collections.abc import Sequence

from earnest.judge.program import rules
from earnest.judge.program.fields import width
from earnest.judge.program.kind import Kind
from earnest.judge.program.lengths import Lengths
from earnest.judge.program.place import Place
from earnest.judge.program.records import Step
from earnest.judge.program.shapes import Shape
from earnest.judge.program.values import Value


def _shape(step: Step, shapes: Sequence[Shape], lengths: Lengths) -> Shape:
    del shapes, lengths
    return tuple(step.arrays["codes"].codes.shape)


def _prove(place: Place) -> Value:
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
        from_input=False,
        stored=array.bits,
    )


KIND = Kind(fields={"bits": width}, tensors=("codes",), operands=0, shape=_shape, prove=_prove)
