"""Records: a frozen dataclass of integers as JSON, and back with every field's type checked.

What a field may hold is read off its annotation: an integer, true or false, a name out of a fixed set, integers,
dimensions. Fields that hold arrays are no part of a record.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, cast, get_type_hints

from earnest.errors import FileError
from earnest.file.canonical_json import is_list, is_object, shown
from earnest.integer.dimension import OPERATIONS, Dimension
from earnest.integer.law.operator import choices

_LONGEST_NAME = 1024
_DIMENSION_DEPTH = 32


def check_keys(data: Any, expected: set[str], path: str) -> dict[str, Any]:
    """The object, if it has exactly the expected keys."""
    if not is_object(data):
        raise FileError(f"{path}: expected an object, got {shown(data)}")
    if set(data) != expected:
        missing, unknown = sorted(expected - set(data)), sorted(set(data) - expected)
        raise FileError(
            f"{path}: expected the keys {sorted(expected)}; missing {missing}, unknown {shown(unknown)}: "
            "read the file with the version of earnest that wrote it"
        )
    return data


def check_name(name: Any, path: str) -> str:
    """The name of a value or a tensor: printable text of limited length."""
    if type(name) is not str or not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise FileError(f"{path}: expected a printable name of 1 to {_LONGEST_NAME} letters, got {shown(name)}")
    return name


def check_integer(value: Any, path: str) -> int:
    """An integer; a truth value is none."""
    if type(value) is not int:
        raise FileError(f"{path}: expected an integer, got {shown(value)} ({type(value).__name__})")
    return value


def check_list(value: Any, path: str) -> list[Any]:
    """A list."""
    if not is_list(value):
        raise FileError(f"{path}: expected a list, got {shown(value)}")
    return value


def _boolean(value: Any, path: str) -> bool:
    if type(value) is not bool:
        raise FileError(f"{path}: expected true or false, got {shown(value)}")
    return value


def _dimension(value: Any, path: str, depth: int = 0) -> Dimension:
    if type(value) is int:
        return value
    if type(value) is str:
        return check_name(value, path)
    legal = is_list(value) and len(value) > 1 and type(value[0]) is str and value[0] in OPERATIONS
    if not legal or depth >= _DIMENSION_DEPTH:
        raise FileError(
            f"{path}: expected an integer, a symbol or [operation, terms] of {sorted(OPERATIONS)}, at most "
            f"{_DIMENSION_DEPTH} levels deep, got {shown(value)}"
        )
    return (value[0], *(_dimension(term, path, depth + 1) for term in value[1:]))


def _integers(value: Any, path: str) -> tuple[int, ...]:
    return tuple(check_integer(item, path) for item in check_list(value, path))


def _dimensions(value: Any, path: str) -> tuple[Dimension, ...]:
    return tuple(_dimension(item, path) for item in check_list(value, path))


READERS: dict[Any, Callable[[Any, str], Any]] = {
    int: check_integer,
    bool: _boolean,
    str: check_name,
    Dimension: _dimension,
    tuple[int, ...]: _integers,
    tuple[Dimension, ...]: _dimensions,
}
"""How a field is read, by its annotation."""


@cache
def plain_fields(kind: type) -> dict[str, Any]:
    """The annotations of the fields that hold no array, in the order in which they are declared."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind) if "width" not in field.metadata}


def to_record(value: Any, path: str) -> dict[str, Any]:
    """The plain fields of a dataclass as JSON; refuses what could not be read back."""
    kind = cast("type[object]", type(value))
    record = {name: _thaw(getattr(value, name)) for name in plain_fields(kind)}
    from_record(kind, record, path)
    return record


def from_record(kind: type, record: Any, path: str) -> dict[str, Any]:
    """The plain fields of a dataclass from untrusted JSON: exactly those, each of the type that it declares."""
    hints = plain_fields(kind)
    check_keys(record, set(hints), path)
    for name, allowed in choices(kind).items():
        if record[name] not in allowed:
            raise FileError(f"{path}.{name}: expected one of {allowed}, got {shown(record[name])}")
    return {name: READERS[hint](record[name], f"{path}.{name}") for name, hint in hints.items()}


def _thaw(value: Any) -> Any:
    return [_thaw(item) for item in cast("tuple[Any, ...]", value)] if isinstance(value, tuple) else value
