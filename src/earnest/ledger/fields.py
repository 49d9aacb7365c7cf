"""Types of the fields of a row: what is no such value is refused with what was expected.

A number keeps the form that it has in the file: a whole one stays whole, so that a row that was read is written again
to the same bytes. A key that a row may lack has the value None where it does; null in its place is refused.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, PlainValidator

LARGEST = 1e18
"""Beyond every count, size and rate: bit operations of hours of speech stay below it. JSON's 1e999 is infinity."""


class Part(BaseModel, frozen=True, extra="forbid"):
    """An object within a row: it has these keys and no others."""


def _real(value: object) -> float:
    if type(value) is not int and type(value) is not float:
        raise ValueError("expected a number")
    if not abs(value) <= LARGEST:
        raise ValueError(f"expected a number up to {LARGEST:g}")
    return value


def _positive(value: object) -> float:
    if _real(value) <= 0:
        raise ValueError("expected a number above 0")
    return _real(value)


def _unsigned(value: object) -> float:
    if _real(value) < 0:
        raise ValueError("expected no number below 0")
    return _real(value)


def _count(value: object) -> int:
    if type(value) is not int:
        raise ValueError("expected a whole number")
    return int(_unsigned(value))


def _size(value: object) -> int:
    if _count(value) < 1:
        raise ValueError("expected a whole number above 0")
    return _count(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("expected text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError("expected an object")
    return value


def _told(value: object) -> object:
    if value is None:
        raise ValueError("expected a value, or no such key")
    return value


Real = Annotated[float, PlainValidator(_real)]
Positive = Annotated[float, PlainValidator(_positive)]
Unsigned = Annotated[float, PlainValidator(_unsigned)]
Count = Annotated[int, PlainValidator(_count)]
"""A whole number, 0 or more."""
Size = Annotated[int, PlainValidator(_size)]
"""A whole number, 1 or more."""
Text = Annotated[str, PlainValidator(_text)]
"""Any text of JSON: also one that no encoding can write, with half of a pair of surrogates."""
Flag = Annotated[bool, PlainValidator(_flag)]
Object = Annotated[Mapping[str, Any], PlainValidator(_object)]
"""An object whose keys another class declares, or that nobody reads again."""

TOLD = BeforeValidator(_told)
"""Of a field whose default is None: null is no value of it."""
MaybeReal = Annotated[Real | None, TOLD]
MaybePositive = Annotated[Positive | None, TOLD]
MaybeUnsigned = Annotated[Unsigned | None, TOLD]
MaybeCount = Annotated[Count | None, TOLD]
MaybeSize = Annotated[Size | None, TOLD]
MaybeText = Annotated[Text | None, TOLD]
MaybeObject = Annotated[Object | None, TOLD]
