"""Steps of a program as the engine reads them: the fields of an operator by what they hold.

Weights whose groups have multipliers go as their products, in 8 bits.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from earnest.integer.operator import Operator
from earnest.integer.program import Step
from earnest.integer.weight import WeightCodes

DIMENSIONS = ("start", "stop")
"""Fields that hold one dimension; the shape of a reshape holds several."""

Record = tuple[
    str, str, list[int], dict[str, int], dict[str, list[int]], dict[str, tuple[Any, ...]], dict[str, np.ndarray]
]


def record(step: Step, places: Mapping[str, int]) -> Record:
    """Name, kind, places of the operands, integers, lists, dimensions and arrays of one step."""
    operator = _multiplied(step.operator)
    integers: dict[str, int] = {}
    lists: dict[str, list[int]] = {}
    dimensions: dict[str, tuple[Any, ...]] = {}
    arrays: dict[str, np.ndarray] = {}
    for each in fields(operator):  # type: ignore[arg-type]
        name, value = each.name, getattr(operator, each.name)
        if isinstance(value, np.ndarray):
            arrays[name] = np.asarray(value, order="C")
        elif name in DIMENSIONS:
            dimensions[name] = (value,)
        elif operator.kind == "reshape":
            dimensions[name] = value
        elif name == "weight_map":
            integers["weight_odd"] = int(value == "odd")
        elif isinstance(value, tuple):
            lists[name] = list(value)
        else:
            integers[name] = int(value)
    return step.name, operator.kind, [places[name] for name in step.inputs], integers, lists, dimensions, arrays


def _multiplied(operator: Operator) -> Operator:
    if not isinstance(operator, WeightCodes) or bool((operator.group_multiplier == 1).all()):
        return operator
    return replace(
        operator,
        weight=operator.factors,
        weight_bits=8,
        weight_map="symmetric",
        group_multiplier=np.ones_like(operator.group_multiplier),
    )
