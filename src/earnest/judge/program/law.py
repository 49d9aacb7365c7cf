"""The operators of the law by name. Each is what the module of its name in `kinds/` declares as KIND."""

import importlib
import pkgutil
from types import ModuleType

from earnest.judge.program import kinds
from earnest.judge.program.kind import Kind


def read_kinds(package: ModuleType) -> dict[str, Kind]:
    """The operators of a package, one a module."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    # The contracts see each of these files by itself, and this import stays inside of its room.
    return {name: importlib.import_module(f"{package.__name__}.{name}").KIND for name in names}  # noqa: TID251


KINDS = read_kinds(kinds)


def moves_codes(kind: str) -> bool:
    """Whether an operator of this name moves codes and changes none; a name that is none of the law does not."""
    return kind in KINDS and KINDS[kind].moves
