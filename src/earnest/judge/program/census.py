"""What a program is made of: numbers and bytes by what they are for, and products by the widths of their factors."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from earnest.judge.program.factors import Shapes
from earnest.judge.program.law import KINDS
from earnest.judge.program.records import Source, Step
from earnest.judge.program.values import Value

MEASURED_FRAMES = 1000
"""Length at which products are counted, where the program hears as long."""

PARTS = {
    "weight": "weights",
    "group_multiplier": "group multipliers",
    "bias": "biases",
    "multiplier": "multipliers",
    "shift": "shifts",
    "codes": "constants",
}
"""What an array is for; every other one is a table."""


def weight_bits(source: Source, values: Mapping[str, Value]) -> dict[int, int]:
    """How many weights there are of each width. Values made of constants alone that a product reads are weights too,
    whatever they are called; shared weights are counted once.
    """
    counted: Counter[int] = Counter()
    for step in source.steps:
        factors, weight = KINDS[step.kind].factors, step.weight
        if weight is not None and weight.stored:
            counted[weight.bits] += weight.codes.size
        for name in () if factors is None else factors.constants(step):
            value = values.get(name)
            if value is not None and value.stored is not None:
                counted[value.stored] += math.prod(value.shape)
    return dict(sorted(counted.items()))


def mean_bits(source: Source, widths: Mapping[int, int]) -> float:
    """The mean width of weights, the multipliers of their groups counted in; 0 where there are none."""
    shared = [step.arrays["group_multiplier"] for step in source.steps if step.weight is not None]
    multipliers = sum(each.bits * each.codes.size for each in shared if each.stored and each.codes.shape[-1] > 1)
    codes = sum(bits * count for bits, count in widths.items())
    return (codes + multipliers) / max(sum(widths.values()), 1)


def activation_bits(source: Source) -> int:
    """The widest codes that weights multiply."""
    factors = [(step, KINDS[step.kind].factors) for step in source.steps]
    return max((each.activation_bits(step) for step, each in factors if each is not None), default=0)


def title(widths: Mapping[int, int], activations: int, mean: float) -> str:
    """`w4a8` where every weight has 4 bits and multiplies at most 8, else `mixed-4.3b`."""
    return f"w{next(iter(widths))}a{activations}" if len(widths) == 1 else f"mixed-{mean:.1f}b"


def parameters(source: Source) -> dict[str, int]:
    """How many integers the file stores, by what they are for."""
    counted = Counter(dict.fromkeys((*PARTS.values(), "tables"), 0))
    for step in source.steps:
        for name, array in step.arrays.items():
            counted[PARTS.get(name, "tables")] += array.codes.size if array.stored else 0
    return dict(counted)


def bytes_by_part(source: Source) -> dict[str, int]:
    """Where every byte of the file goes."""
    counted = Counter(dict.fromkeys((*PARTS.values(), "tables"), 0))
    for step in source.steps:
        for name, array in step.arrays.items():
            counted[PARTS.get(name, "tables")] += array.stored
    counted["unread"] = len(source.container.body) - sum(counted.values())
    told = len(json.dumps(source.description, ensure_ascii=False, separators=(",", ":")).encode())
    counted["description"], counted["steps"] = told, len(source.container.document_text.encode()) - told
    counted["header"] = source.container.size - sum(counted.values())
    return {part: count for part, count in counted.items() if count or part != "unread"}


def hidden(widths: Mapping[int, int], counts: Mapping[str, int]) -> dict[str, Any]:
    """What a headline with the width of most weights leaves unsaid: wider weights, and all that is no weight."""
    if not widths:
        return {"share": 0.0, "what": {}}
    headline = max(widths, key=lambda bits: widths[bits])
    wider = sum(count for bits, count in widths.items() if bits > headline)
    what = {"wider weights": wider} | {part: count for part, count in counts.items() if part != "weights"}
    total = sum(widths.values()) + sum(count for part, count in counts.items() if part != "weights")
    unsaid = {part: count for part, count in what.items() if count}
    return {"headline_bits": headline, "share": sum(unsaid.values()) / total, "what": unsaid}


def products(step: Step, shapes: Shapes) -> int:
    """Multiplications that a step sums at one length."""
    factors = KINDS[step.kind].factors
    return 0 if factors is None else math.prod(shapes[step.name]) * factors.depth(step, shapes)


def products_by_bits(source: Source, values: Mapping[str, Value], shapes: Shapes) -> dict[str, int]:
    """Multiply-accumulates by the widths of their factors, both products of attention included: `4x8` is 4-bit weights
    by 8-bit codes, `16x8` codes by codes.
    """
    counted: Counter[str] = Counter()
    for step in source.steps:
        factors = KINDS[step.kind].factors
        if factors is None or step.name not in shapes or step.name not in values:
            continue
        if count := products(step, shapes):
            first, second = factors.widths(step, values)
            counted[f"{first}x{second}"] += count
    return dict(counted.most_common())
