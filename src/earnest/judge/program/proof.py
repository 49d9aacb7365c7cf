"""The proof of one operator: every condition that docs/semantics.md calls proved, by interval arithmetic.

    accumulator:  the bound of the sum of absolute values is below 2^(A - 1)
    wide sums:    each stays below 2^63, those of `add` below 2^52

All in Python's integers, over the real constants.
"""

from earnest.judge.program import rules
from earnest.judge.program.law import KINDS
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value


def prove(place: Place) -> Value:
    """What is known of the step's result; every condition that does not hold is reported."""
    found = KINDS[place.step.kind].prove(place)
    _check_target(place, found)
    return found


def _check_target(place: Place, result: Value) -> None:
    """The target has the operator, at these widths."""
    widths = place.device.operators.get(place.step.kind)
    if not place.require(
        widths is not None, rules.TARGET, f"expected an operator that {place.device.name} has, got {place.step.kind}"
    ):
        return
    allowed = (widths or {}).get("inputs", [])
    asked = [
        (f"operand {index}", value.bits, allowed[min(index, len(allowed) - 1)] if allowed else [])
        for index, value in enumerate(place.operands)
    ]
    if place.step.weight is not None:
        asked.append(("a weight", place.integer("weight_bits"), (widths or {}).get("weight", [])))
    asked.append(("a result", result.bits, (widths or {}).get("output", [])))
    wrong = [f"{what} of {bits} bits" for what, bits, legal in asked if bits not in legal]
    place.require(not wrong, rules.TARGET, f"expected widths that {place.device.name} has, got {', '.join(wrong)}")
