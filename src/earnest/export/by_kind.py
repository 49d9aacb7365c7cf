"""How a format finds its part of each operator of the law: in the module that is named like the operator."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def by_kind(package: ModuleType, name: str) -> dict[str, Any]:
    """What each module of a package declares under a name, by the module's own."""
    kinds = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    # The contracts see each of these files by itself, and this import stays inside of its room.
    return {kind: getattr(importlib.import_module(f"{package.__name__}.{kind}"), name) for kind in kinds}  # noqa: TID251
