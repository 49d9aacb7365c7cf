"""The proof of one operator: every condition that docs/semantics.md calls proved, by interval arithmetic.

    accumulator:  the bound of the sum of absolute values is below 2^(A - 1)
    wide sums:    each stays below 2^63, those of `add` below 2^52

All in Python's integers, over the real constants.
"""

from collections.abc import Callable

from earnest.judge.program import functions, moves, norms, products, recurrences, rules
from earnest.judge.program.law import LAYOUT
from earnest.judge.program.place import Place
from earnest.judge.program.values import Value


def prove(place: Place) -> Value:
    """What is known of the step's result; every condition that does not hold is reported."""
    found = PROOFS[place.step.kind](place)
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
    if "weight" in place.step.arrays:
        asked.append(("a weight", place.integer("weight_bits"), (widths or {}).get("weight", [])))
    asked.append(("a result", result.bits, (widths or {}).get("output", [])))
    wrong = [f"{what} of {bits} bits" for what, bits, legal in asked if bits not in legal]
    place.require(not wrong, rules.TARGET, f"expected widths that {place.device.name} has, got {', '.join(wrong)}")


PROOFS: dict[str, Callable[[Place], Value]] = {
    "linear": products.weighted,
    "conv1d": products.weighted,
    "conv2d": products.weighted,
    "embedding": products.embedding,
    "lstm": recurrences.lstm,
    "gru": recurrences.gru,
    "matmul": products.matmul,
    "add": products.add,
    "mul": products.multiply,
    "weighted_mean": products.weighted_mean,
    "table": functions.table,
    "interpolated_table": functions.interpolated_table,
    "glu": functions.glu,
    "softmax": functions.softmax,
    "exponential": functions.exponential,
    "layer_norm": norms.layer_norm,
    "rms_norm": norms.rms_norm,
    "group_norm": norms.group_norm,
    **dict.fromkeys(LAYOUT, moves.layout),
    "constant": moves.constant,
}
