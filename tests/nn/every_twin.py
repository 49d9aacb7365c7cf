"""Every twin, found as the classes of `earnest.nn.twins` that say which law they compute."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from earnest.nn import twins
from earnest.nn.twin import Twin


def _subclasses(twin: type[Twin]) -> Iterator[type[Twin]]:
    for each in twin.__subclasses__():
        yield each
        yield from _subclasses(each)


def every_twin() -> list[type[Twin]]:
    """All classes that are one, and stand in the room of twins."""
    for module in pkgutil.iter_modules(twins.__path__):
        importlib.import_module(f"{twins.__name__}.{module.name}")
    inside = [each for each in _subclasses(Twin) if each.__module__.startswith(f"{twins.__name__}.")]
    return [each for each in inside if "law_class" in vars(each) and not inspect.isabstract(each)]


TWINS: dict[str, type[Twin]] = {twin.kind: twin for twin in every_twin()}
"""By the kind of the law."""
