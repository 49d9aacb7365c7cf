"""An experiment: what is tried on what, as a TOML file that a person writes. docs/lab.md says what every key means."""

import os
import re
import string
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from earnest.errors import ExperimentError

Objective = Literal["wer", "bytes", "milliseconds"]
LONGEST_SECONDS = 600

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _located(text: str, info: ValidationInfo) -> str:
    """A path with its variables expanded; beside the experiment's file where it is there, else as it stands."""
    try:
        expanded = string.Template(text).substitute(os.environ)
    except KeyError as error:
        raise ValueError(f"expected the environment variable {error.args[0]} to be set; export it") from error
    except ValueError as error:
        raise ValueError("expected $NAME or ${NAME} of an environment variable behind a $") from error
    beside = Path((info.context or {}).get("folder", ".")) / expanded
    return str(beside) if beside.exists() else expanded


def _settings(text: str, info: ValidationInfo) -> str:
    """The name of what comes with earnest, or the path of a TOML file."""
    return _located(text, info) if text.endswith(".toml") else text


def _named(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("expected a name of letters, digits, dots, hyphens and underscores")
    return text


Place = Annotated[str, AfterValidator(_located)]
Settings = Annotated[str, AfterValidator(_settings)]
Name = Annotated[str, AfterValidator(_named)]


class Part(BaseModel):
    """A table of the file: no unknown key, no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Matrix(Part):
    """Every combination of these is tried; `method` replaces the methods of every recipe, one list after the other."""

    model: list[Place] = Field(min_length=1)
    target: list[Settings] = Field(min_length=1)
    recipe: list[Settings] = Field(min_length=1)
    method: list[list[Any]] | None = Field(default=None, min_length=1)
    seed: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)


class Calibration(Part):
    """The recordings whose ranges are measured."""

    data: Place
    limit: int = Field(ge=1)


class Measured(Part):
    """The data sets that error rates are counted on; no `limit` takes all of their utterances. A row of the ledger
    compares, so `against` is true: the float model hears the same.
    """

    data: list[Place] = Field(min_length=1)
    limit: int | None = Field(default=None, ge=1)
    against: Literal[True] = True


class Dimension(Part):
    """What a search changes: the value `at` a place of the recipe, to one of `values` or between `low` and `high`."""

    at: str = Field(min_length=1)
    values: list[Any] | None = Field(default=None, min_length=1)
    low: int | float | None = None
    high: int | float | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Dimension":
        ends = (self.low is not None, self.high is not None)
        if ends.count(True) == 1 or (self.values is not None) == all(ends):
            raise ValueError("expected either values, or low and high")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"expected low below high, got {self.low} and {self.high}")
        return self


class Search(Part):
    """How the space is searched; `storage` is an SQLAlchemy URL, a file in the work folder where there is none."""

    trials: int = Field(ge=1)
    objectives: list[Objective] = Field(min_length=1)
    sampler: Literal["tpe", "nsga2"]
    seed: int = Field(ge=0)
    storage: str | None = None
    space: dict[str, Dimension] = Field(min_length=1)


class Experiment(Part):
    """The whole file. `longest` is the longest recording, in seconds, that the programs hear."""

    name: Name
    longest: int = Field(default=60, ge=1, le=LONGEST_SECONDS)
    matrix: Matrix
    calibration: Calibration
    evaluation: Measured
    search: Search | None = None


def load_experiment(path: str | os.PathLike[str]) -> Experiment:
    """Read an experiment's file. ExperimentError names the key that is wrong."""
    file = Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ExperimentError(f"{file}: expected an experiment, TOML in UTF-8: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise ExperimentError(f"{file}: not TOML: {error}") from error
    try:
        return Experiment.model_validate(content, context={"folder": file.parent})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ExperimentError(
            f"{file}: {where}: {first['msg'].removeprefix('Value error, ')}, got {first['input']!r} (see docs/lab.md)"
        ) from error
