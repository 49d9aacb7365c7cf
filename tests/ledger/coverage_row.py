"""A row of kind "coverage"."""

from typing import Any

COUNTS = {"linear": 3}
ROW: dict[str, Any] = {
    "kind": "coverage",
    "family": "a",
    "source": "x",
    "part": "x",
    "recipe": "w8a8",
    "target": "int8x16",
    "operators": COUNTS,
    "aten_operators": 1,
    "codes": 1,
    "differing": COUNTS,
    "decibel": 30.0,
    "file_bytes": 1,
    "float_bytes": 1,
    "multiply_accumulates": COUNTS,
    "level": "x",
    "command": "earnest coverage",
    "git": None,
    "versions": {},
}
