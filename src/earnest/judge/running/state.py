"""What a model remembers: a digest of its parameters, buffers and attributes."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import numpy as np
from torch import Tensor, nn

from earnest.judge.running.tags import digest

_DEPTH = 8
_MACHINERY = {"_parameters", "_buffers", "_modules", "training"}


def state_of(model: Any) -> dict[str, bytes]:
    """A digest of everything that the modules, or an object that is called, hold, by name. What a closure holds is not
    seen; the reversed order shows it.
    """
    modules = dict(model.named_modules()) if isinstance(model, nn.Module) else {"": getattr(model, "__self__", model)}
    return {
        f"{path}.{name}".lstrip("."): hashlib.sha256(b"".join(_parts(value, _DEPTH, set()))).digest()
        for path, module in modules.items()
        for name, value in _attributes(module)
    }


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Names whose values are not what they were."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _attributes(module: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(module, nn.Module):
        yield from module.named_parameters(recurse=False)
        yield from module.named_buffers(recurse=False)
    for name, value in getattr(module, "__dict__", {}).items():
        if name not in _MACHINERY and not name.endswith("_hooks") and not isinstance(value, nn.Module):
            yield name, value


def _parts(value: Any, depth: int, seen: set[int]) -> Iterator[bytes]:
    """The bytes of a value of plain types, of arrays, and of objects made of such; others count by their type."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, Enum)):
        yield repr(value).encode()
    elif isinstance(value, Tensor):
        yield digest(value)
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode() + value.tobytes()
    elif depth and id(value) not in seen:
        seen = seen | {id(value)}
        yield type(value).__name__.encode()
        for part in _inner(value):
            yield from _parts(part, depth - 1, seen)


def _inner(value: Any) -> list[Any]:
    if isinstance(value, (type, nn.Module, Callable)):
        return [getattr(value, "__qualname__", "")]
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if dataclasses.is_dataclass(value):
        return [getattr(value, each.name) for each in dataclasses.fields(value)]
    return list(getattr(value, "__dict__", {}).values())
