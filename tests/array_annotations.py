"""What checks annotations under pytest: shapes and types of arrays, as jaxtyping writes them, and nothing else.

Annotations of other things are pyright's; it knows that an int may stand where a float is asked for. jaxtyping's own
import hook wraps every function, whatever it takes, and makes the tests of twins a fifth slower.
"""

import sys
from collections.abc import Callable, Sequence
from functools import cache, wraps
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from inspect import isclass, isfunction
from types import ModuleType
from typing import Any, get_args

from beartype import beartype
from jaxtyping import AbstractArray, jaxtyped

ROOMS = ("earnest.nn", "earnest.numerics", "earnest.calibration")


@cache
def install() -> None:
    """Have every function of the rooms checked that says something of an array; before anything imports them."""
    loaded = [name for name in sys.modules if name.startswith(ROOMS)]
    assert not loaded, f"expected to come before the first import, got {loaded}"
    sys.meta_path.insert(0, Finder())


class Finder(MetaPathFinder):
    """Finds the modules of the rooms where they are, and gives them a loader that has them checked."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        """None for what is in no room."""
        if not fullname.startswith(ROOMS):
            return None
        spec: ModuleSpec | None = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


class Loader(SourceFileLoader):
    """Runs a module, and then wraps its functions, before anybody else sees them."""

    def exec_module(self, module: ModuleType) -> None:
        """The module, checked."""
        super().exec_module(module)
        wrap_(module, module.__name__)


def wrap_(holder: Any, module: str) -> None:
    """Wrap the functions of a module or a class that were defined there, those of its classes too."""
    for name, value in list(vars(holder).items()):
        inner = value.__func__ if isinstance(value, staticmethod | classmethod) else value
        if isclass(value) and value.__module__ == module:
            wrap_(value, module)
        elif isinstance(value, property) and value.fget is not None:
            setattr(holder, name, property(checked(value.fget), value.fset, value.fdel, value.__doc__))
        elif isfunction(inner) and (inner.__module__ == module or name == "__init__"):
            made = checked(inner)
            if made is not inner:
                setattr(holder, name, type(value)(made) if inner is not value else made)


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which refuses arrays that are not what it says; as it is, where it says nothing of one."""
    hints = function.__annotations__
    arrays = {name: hint for name, hint in hints.items() if names_array(hint)}
    if not arrays:
        return function
    function.__annotations__ = arrays
    strict = beartype(function)
    function.__annotations__ = hints

    @wraps(function)
    def made(*arguments: Any, **named: Any) -> Any:
        with jaxtyped("context"):  # what its letters stand for is known in this one call
            return strict(*arguments, **named)

    return made


def names_array(hint: Any) -> bool:
    """Whether an annotation says anything about an array."""
    return (isclass(hint) and issubclass(hint, AbstractArray)) or any(map(names_array, get_args(hint)))
