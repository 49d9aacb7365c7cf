"""A target as the judge reads it: accumulator width, and the widths that each operator may have (TOML data)."""

import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earnest.errors import TargetError

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a target has. `operators` maps a kind to widths: `inputs` by position, `weight`, `output`."""

    name: str
    accumulator_bits: int
    operators: Mapping[str, Mapping[str, Any]]


def read_device(name: str, file: Path | None = None) -> Device:
    """The shipped target of a name, or that of a TOML file; TargetError where there is none."""
    try:
        if file is not None:
            text = file.read_text(encoding="utf-8")
        elif _NAME.fullmatch(name):
            shipped = importlib.resources.files("earnest").joinpath("targets", f"{name}.toml")
            text = shipped.read_text(encoding="utf-8")
        else:
            raise TargetError(f"expected the name of a target, got {name[:80]!a}")
        found = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        where = file if file is not None else f"target {name!r}"
        raise TargetError(f"{where}: expected a target as TOML; give its file with --target: {error}") from error
    operators = found.get("operators")
    if not isinstance(operators, dict) or not all(isinstance(widths, dict) for widths in operators.values()):
        raise TargetError(f"target {name!r}: expected operators, and the widths that each of them may have")
    if found.get("accumulator_bits") not in (16, 24, 32, 64) or found.get("name") != name:
        raise TargetError(
            f"expected the target {name!r} with accumulators of 16, 24, 32 or 64 bits, got {found.get('name')!r}"
        )
    return Device(name=name, accumulator_bits=found["accumulator_bits"], operators=operators)
