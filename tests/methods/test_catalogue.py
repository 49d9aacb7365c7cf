"""Methods are found by the names of their files."""

import pytest

from earnest.errors import RecipeError
from earnest.methods.catalogue import catalogue, methods_of
from earnest.pipeline import quantized_twin
from earnest.swapping.recipe import load_recipe, shipped_recipes


def test_methods_are_what_modules_say_of_themselves() -> None:
    assert set(catalogue()) == {"equalize", "rotate", "gptq", "adaround", "adaround-block", "accumulators"}
    assert all(name == method.name for name, method in catalogue().items())
    together = {name for name, method in catalogue().items() if method.rounds_together}
    assert together == {"adaround-block"}


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_name_methods_that_there_are(name: str) -> None:
    recipe = load_recipe(name)
    assert [method.name for method in methods_of(recipe)] == recipe.methods


def test_a_name_that_none_has_is_refused_before_any_work() -> None:
    recipe = load_recipe("w8a8").model_copy(update={"methods": ["gptq", "magic"]})
    with pytest.raises(RecipeError, match=r"methods\.1: expected one of .*'rotate'.*, got 'magic'"):
        methods_of(recipe)
    with pytest.raises(RecipeError, match="magic"):
        quantized_twin(None, recipe, "int8x16", [], features=8)  # type: ignore[arg-type]
