"""An experiment: what is tried on what, as a TOML file that a person writes. docs/lab.md says what every key means."""

import os
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from earnest.errors import ExperimentError
from earnest.file.settings import Part, Place, located, read_settings

Objective = Literal["wer", "bytes", "milliseconds"]
LONGEST_SECONDS = 600

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _settings(text: str, info: ValidationInfo) -> str:
    """The name of what comes with earnest, or the path of a TOML file."""
    return located(text, info) if text.endswith(".toml") else text


def _named(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("expected a name of letters, digits, dots, hyphens and underscores")
    return text


Settings = Annotated[str, AfterValidator(_settings)]
Name = Annotated[str, AfterValidator(_named)]


class Matrix(Part):
    """Every combination of these is tried; `method` replaces the methods of every recipe, one list after the other, and
    `budget` its budget.
    """

    model: list[Place] = Field(min_length=1)
    target: list[Settings] = Field(min_length=1)
    recipe: list[Settings] = Field(min_length=1)
    method: list[list[Any]] | None = Field(default=None, min_length=1)
    budget: list[str] | None = Field(default=None, min_length=1)
    seed: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)


class Calibration(Part):
    """The recordings whose ranges are measured."""

    data: Place
    limit: int = Field(ge=1)


class Evaluated(Part):
    """The data sets that error rates are counted on; no `limit` takes all of their utterances. A row of the ledger
    compares, so `against` is true: the float model reads the same.
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
    """The whole file. `longest` is the longest recording, in seconds, that the programs take."""

    name: Name
    longest: int = Field(default=60, ge=1, le=LONGEST_SECONDS)
    matrix: Matrix
    calibration: Calibration
    evaluation: Evaluated
    search: Search | None = None


def load_experiment(path: str | os.PathLike[str]) -> Experiment:
    """Read an experiment's file. ExperimentError names the key that is wrong."""
    return read_settings(path, lambda _: Experiment, what="an experiment", page="docs/lab.md", error=ExperimentError)
