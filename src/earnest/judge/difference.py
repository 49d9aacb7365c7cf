"""Differences between two JSON values, each at the deepest place where it is."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that a certificate says and that did not come out again."""

    what: str
    expected: str
    came: str


def differences(what: str, expected: Any, came: Any) -> list[Difference]:
    """Where two values differ; what is not there is null. They are compared as JSON: 1 is neither true nor 1.0."""
    return list(_differences(what, expected, came))


def settled(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict's JSON without what two runs never share: every key `seconds` or `..._seconds` of its figures."""
    plain = json.loads(json.dumps(verdict))
    for section in plain.get("sections", {}).values():
        if isinstance(section, dict) and "figures" in section:
            section["figures"] = _timeless(section["figures"])
    return plain


def _differences(what: str, expected: Any, came: Any) -> Iterator[Difference]:
    if isinstance(expected, Mapping) and isinstance(came, Mapping):
        for key in sorted({*expected, *came}):
            yield from _differences(f"{what}.{key}", expected.get(key), came.get(key))
    elif isinstance(expected, list) and isinstance(came, list) and len(expected) == len(came):
        for index, (one, other) in enumerate(zip(expected, came, strict=True)):
            yield from _differences(f"{what}[{index}]", one, other)
    elif (one := json.dumps(expected, sort_keys=True)) != (other := json.dumps(came, sort_keys=True)):
        yield Difference(what=what, expected=one, came=other)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key.rpartition("_")[2] != "seconds"}
    return [_timeless(item) for item in value] if isinstance(value, list) else value
