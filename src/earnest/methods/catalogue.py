"""The methods that a recipe may name: those that modules of this room say of themselves.

A method is a pair of files: `X_core.py`, pure functions on tensors, and `X.py`, which does it to a model of twins and
says in `METHODS` by which names.
"""

import importlib
import pkgutil
from functools import cache

from earnest import methods
from earnest.errors import RecipeError
from earnest.methods.method import Method
from earnest.swapping.recipe import Recipe

_CORE = "_core"


@cache
def catalogue() -> dict[str, Method]:
    """Every method by its name."""
    names = [module.name.removesuffix(_CORE) for module in pkgutil.iter_modules(methods.__path__)]
    paired = sorted({name for name in names if names.count(name) > 1})
    # The contracts need not see these imports: they are of this room itself.
    modules = [importlib.import_module(f"{methods.__name__}.{name}") for name in paired]  # noqa: TID251
    return {method.name: method for module in modules for method in module.METHODS}


def methods_of(recipe: Recipe) -> list[Method]:
    """The methods of a recipe in its order; RecipeError for a name that none has."""
    known = catalogue()
    for index, name in enumerate(recipe.methods):
        if name not in known:
            raise RecipeError(f"recipe {recipe.name}: methods.{index}: expected one of {sorted(known)}, got {name!r}")
    return [known[name] for name in recipe.methods]
