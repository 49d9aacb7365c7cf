"""A row of kind "speed"."""

from typing import Any

ROW: dict[str, Any] = {
    "kind": "speed",
    "family": "a",
    "size": "tiny",
    "parameters": 1000,
    "recipe": "w8a8",
    "target": "int8x16",
    "time": 1000,
    "tokens": 1,
    "threads": 1,
    "rounds": 31,
    "milliseconds": 10.0,
    "float_milliseconds": 300.0,
    "ratio": 30.0,
    "cpu": "a processor",
    "cpus": 2,
    "command": "earnest coverage --speed tiny",
    "git": None,
    "versions": {"torch": "2"},
}
