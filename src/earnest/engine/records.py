"""Steps of a program as the engine reads them: the fields of an operator by what they hold.

Weights whose groups have multipliers go as their products, in 8 bits.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from earnest.integer.law.operator import choices
from earnest.integer.program.program import Step

Record = tuple[
    str, str, list[int], dict[str, int], dict[str, list[int]], dict[str, tuple[Any, ...]], dict[str, np.ndarray]
]


def record(step: Step, places: Mapping[str, int]) -> Record:
    """Name, kind, places of the operands, integers, lists, dimensions and arrays of one step."""
    operator = step.operator.for_engine()
    integers: dict[str, int] = {}
    lists: dict[str, list[int]] = {}
    dimensions = operator.dimensions_by_field()
    arrays = {name: np.asarray(array, order="C") for name, array in operator.constants().items()}
    names = choices(type(operator))
    for each in fields(operator):  # type: ignore[arg-type]
        name, value = each.name, getattr(operator, each.name)
        if name in arrays or name in dimensions:
            continue
        if name in names:
            integers[name] = names[name].index(value)
        elif isinstance(value, tuple):
            lists[name] = list(value)
        else:
            integers[name] = int(value)
    return step.name, operator.kind, [places[name] for name in step.inputs], integers, lists, dimensions, arrays
