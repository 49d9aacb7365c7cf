"""Settings that a person writes as TOML: strict tables, places on a disk, and errors that name the key."""

import os
import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo

from earnest.errors import EarnestError
from earnest.file.canonical_json import is_object


class Part(BaseModel):
    """A table of the file: no unknown key, no value of another type, no number that is not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


Whole = TypeVar("Whole", bound=Part)


def located(text: str, info: ValidationInfo) -> str:
    """A path with its variables expanded; beside the settings' file where it is there, else as it stands."""
    try:
        expanded = string.Template(text).substitute(os.environ)
    except KeyError as error:
        raise ValueError(f"expected the environment variable {error.args[0]} to be set; export it") from error
    except ValueError as error:
        raise ValueError("expected $NAME or ${NAME} of an environment variable behind a $") from error
    context: dict[str, Any] = info.context or {}
    beside = Path(context.get("folder", ".")) / expanded
    return str(beside) if beside.exists() else expanded


Place = Annotated[str, AfterValidator(located)]


def read_toml(path: str | os.PathLike[str], *, what: str, error: type[EarnestError]) -> dict[str, Any]:
    """What a file holds; `error` says that it should be `what`."""
    file = Path(path)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise error(f"{file}: expected {what}, TOML in UTF-8: {reason}") from problem
    except tomllib.TOMLDecodeError as problem:
        raise error(f"{file}: not TOML: {problem}") from problem


def read_settings(
    path: str | os.PathLike[str],
    kind: Callable[[Mapping[str, Any]], type[Whole]],
    *,
    what: str,
    page: str,
    error: type[EarnestError],
    changes: Sequence[str] = (),
) -> Whole:
    """The settings of a file, of a `kind` that depends on what it holds. `error` names the key that is wrong, `what`
    the file should be, and the `page` on it. `changes` put other values there (`changed_`).
    """
    content = read_toml(path, what=what, error=error)
    for change in changes:
        changed_(content, change, error)
    file = Path(path)
    try:
        return kind(content).model_validate(content, context={"folder": file.parent})
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        message = first["msg"].removeprefix("Value error, ")
        told = f" with {', '.join(changes)}" if changes else ""
        raise error(f"{file}{told}: {where}: {message}, got {first['input']!r} (see {page})") from problem


def changed_(content: dict[str, Any], change: str, error: type[EarnestError]) -> None:
    """Put another value at a key: `model.width=96`, one value as TOML has it; what is none is a string."""
    key, sign, text = change.partition("=")
    *tables, last = (part.strip() for part in key.split("."))
    if not sign or not all((*tables, last)):
        raise error(f"expected KEY=VALUE, the key's tables before it with dots, got {change!r}")
    try:
        found = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        found = {}
    value = found["value"] if found.keys() == {"value"} else text.strip()
    for table in tables:
        inner = content.setdefault(table, {})
        if not is_object(inner):
            raise error(f"{change}: expected {table} to be a table, got {inner!r}")
        content = inner
    content[last] = value
