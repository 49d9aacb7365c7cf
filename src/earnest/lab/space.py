"""The space of a search: named dimensions, each of which replaces one value of a recipe.

A place is written `rule.0.weight_bits`: keys of tables and indices of lists, the latter counted from 0.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from earnest.errors import ExperimentError
from earnest.lab.experiment import Dimension
from earnest.lab.matrix import changed_recipe, key_of, recipe_content
from earnest.swapping.recipe import Recipe

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Space = Mapping[str, Dimension]


def distributions(space: Space) -> "dict[str, BaseDistribution]":
    """The space as optuna knows it: values are told by their JSON text, whole ends give whole numbers."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for name, dimension in space.items():
        low, high = dimension.low, dimension.high
        if dimension.values is not None:
            found[name] = CategoricalDistribution([json.dumps(value, sort_keys=True) for value in dimension.values])
        elif isinstance(low, int) and isinstance(high, int):
            found[name] = IntDistribution(low, high)
        else:
            assert low is not None
            assert high is not None
            found[name] = FloatDistribution(low, high)
    return found


def chosen_values(space: Space, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial's parameters stand for, by the names of the dimensions."""
    return {
        name: json.loads(parameters[name]) if dimension.values is not None else parameters[name]
        for name, dimension in space.items()
    }


def changed(recipe: Recipe, space: Space, values: Mapping[str, Any]) -> Recipe:
    """The recipe with the values at their places, under a name that belongs to what it says."""
    content = recipe.model_dump()
    for name, value in values.items():
        _put(content, space[name].at, value)
    made = changed_recipe(recipe, content)
    said = recipe_content(made)
    del said["name"]
    return changed_recipe(made, {"name": f"trial-{key_of(said)[:8]}"})


def check_space(recipe: Recipe, space: Space) -> None:
    """ExperimentError names the dimension whose place is not there, or one of whose values no recipe can have."""
    for name, dimension in space.items():
        values = dimension.values if dimension.values is not None else [dimension.low, dimension.high]
        if len({json.dumps(value, sort_keys=True) for value in values}) != len(values):
            raise ExperimentError(f"search.space.{name}: expected different values, got {values}")
        for value in values:
            try:
                changed(recipe, space, {name: value})
            except ExperimentError as error:
                raise ExperimentError(f"search.space.{name}: {error}") from error


def _put(content: Any, place: str, value: Any) -> None:
    """Replace the value at a place that is there."""
    *way, last = place.split(".")
    for step in way:
        content = _inside(content, step, place)
    if isinstance(content, dict) and (last in content or last in RANGES):
        content[last] = value
    elif isinstance(content, list):
        _inside(content, last, place)
        content[int(last)] = value
    else:
        raise ExperimentError(f"{place}: expected a place of the recipe, got no {last!r} in it")


RANGES = ("activation", "argument", "residual", "scores", "logits", "position")
"""Keys that a recipe's table of ranges may lack."""


def _inside(content: Any, step: str, place: str) -> Any:
    if isinstance(content, dict) and step in content:
        return content[step]
    if isinstance(content, list) and step.isdecimal() and int(step) < len(content):
        return content[int(step)]
    raise ExperimentError(f"{place}: expected a place of the recipe, got no {step!r} in it")
