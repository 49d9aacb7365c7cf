"""JSON with one text for one value: objects with sorted keys, lists, strings, integers of 64 bits, true and false.

The text has no spaces, and escapes only what JSON must. There is no float and no null, so that the same program is
the same bytes everywhere.
"""

import json
from collections.abc import Mapping, Sequence
from reprlib import Repr
from typing import Any, NoReturn, TypeGuard, cast

from earnest.errors import FileError

DEPTH = 64
"""Levels of lists and objects; a dimension may take 32 of them."""

_LARGEST, _DIGITS, _LONGEST_KEY = (1 << 63) - 1, 20, 80
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_LONGEST_SHOWN = 200


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """True for an object of JSON, whose keys are texts."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """True for a list of JSON."""
    return isinstance(value, list)


def shown(value: Any) -> str:
    """A value from an untrusted file as an error may print it: short, and without control characters."""
    if type(value) is int and value.bit_length() > _LARGEST.bit_length() + 1:
        return f"an integer of {value.bit_length()} bits"
    text = _SHORT.repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def encode(value: Any) -> str:
    """The one text of a value; FileError where it holds anything but what the format allows."""
    return json.dumps(_checked(value), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def decode(text: str, source: str) -> Any:
    """The value of a text from an untrusted file; refuses doubled keys, floats, null, long integers and deep nesting.

    Spaces and the order of keys are not looked at: who needs the canonical text compares with `encode`.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_not_allowed,
            parse_constant=_not_allowed,
        )
        return _checked(value)
    except FileError as error:
        raise FileError(f"{source}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise FileError(f"{source}: expected JSON, at most {DEPTH} levels deep: {error}") from None


def _checked(value: Any) -> Any:
    """The value in lists and dicts, every part of it checked; only a value with a fault is searched for its place."""
    return value if _is_plain(value, 0) else _plain(value, "", 0)


def _is_plain(value: Any, depth: int) -> bool:
    """True if `_plain` would return the value as it is."""
    kind = cast("type[object]", type(value))
    if depth > DEPTH:
        return False
    if kind is int:
        return -_LARGEST - 1 <= value <= _LARGEST
    if kind is str:
        return _is_text(value)
    if kind is list:
        return all(_is_plain(item, depth + 1) for item in value)
    if kind is dict:
        return all(type(key) is str and _is_text(key) and _is_plain(item, depth + 1) for key, item in value.items())
    return kind is bool


def _is_text(value: str) -> bool:
    """True if the text has UTF-8: half of a surrogate pair has none."""
    if value.isascii():
        return True
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any, path: str, depth: int) -> Any:
    """The value in lists and dicts, or an error with the place of its first fault."""
    if depth > DEPTH:
        raise FileError(f"expected at most {DEPTH} levels of lists and objects")
    if type(value) is bool:
        return value
    if type(value) is int:
        if not -_LARGEST - 1 <= value <= _LARGEST:
            raise FileError(f"{path}: expected an integer of 64 bits, got one of {value.bit_length() + 1}")
        return value
    if type(value) is str:
        if not _is_text(value):
            raise FileError(f"{path}: expected text, got half of a surrogate pair in {shown(value)}")
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(cast("Sequence[Any]", value))]
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value).items()
        return {_key(key, path): _plain(item, _at(path, key), depth + 1) for key, item in entries}
    raise FileError(
        f"{path}: expected an object, list, string, integer, true or false, got {type(value).__name__} {shown(value)}: "
        "a program file holds no float and no null; write a real number as integers, or as text"
    )


def _at(path: str, key: Any) -> str:
    """The path of an entry; a long key of a hostile file must not be written again for each of its items."""
    return f"{path}.{key}" if isinstance(key, str) and len(key) <= _LONGEST_KEY and key.isprintable() else f"{path}.?"


def _key(key: Any, path: str) -> str:
    if type(key) is not str:
        raise FileError(f"{path}: expected keys that are strings, got {shown(key)}")
    return _plain(key, path, 0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        doubled = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise FileError(f"expected every key once, got {shown(doubled)} twice")
    return result


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise FileError(f"expected integers of 64 bits, got one of {len(digits)} digits")
    return int(digits)


def _not_allowed(literal: str) -> NoReturn:
    raise FileError(f"expected integers only, got {shown(literal)}: a program file holds no float")
