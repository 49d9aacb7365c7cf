"""The log of a training run: one JSON object a line, each with the step that it is about.

A run that goes on from step n drops the lines after n first: what was done twice stands there once.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from earnest.errors import TrainingError
from earnest.file.whole import write_whole


def append(path: Path, line: dict[str, Any]) -> None:
    """Add a line."""
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}") from error


def read(path: Path) -> list[dict[str, Any]]:
    """The lines; none where there is no file. A last line that a kill broke off is left out."""
    if not path.exists():
        return []
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    except (OSError, ValueError, RecursionError) as error:
        raise TrainingError(f"{path}: expected a JSON object a line: {error}; remove it") from error
    if not all(isinstance(line, dict) for line in lines):
        raise TrainingError(f"{path}: expected a JSON object a line, got something else; remove it")
    return lines


def rewrite(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """These lines and no others, if there is a file."""
    if path.exists():
        write_whole(path, "".join(json.dumps(line) + "\n" for line in lines).encode())


def cut(path: Path, step: int) -> None:
    """Drop the lines after a step."""
    rewrite(path, [line for line in read(path) if line["step"] <= step])


def best_validation(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The word errors of the step that had the fewest, the last of them."""
    counted = [line for line in lines if "errors" in line]
    errors: dict[int, int] = {}
    for line in counted:
        errors[line["step"]] = errors.get(line["step"], 0) + line["errors"]
    best = min(errors, key=lambda step: (errors[step], -step), default=None)
    return [line for line in counted if line["step"] == best]


def seconds(lines: list[dict[str, Any]]) -> float:
    """How long the steps took, without validation, and without what was done twice."""
    timed = [line for line in lines if "seconds" in line]
    before = [0, *(line["step"] for line in timed)]
    return sum(line["seconds"] * (line["step"] - last) for line, last in zip(timed, before, strict=False))
