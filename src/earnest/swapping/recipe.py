"""A recipe: ordered rules that say which width and which range method each operator gets. TOML, shipped by name or a
file.

For every setting the first rule that matches the operator and has that setting wins; what no rule sets is the
target's width for the role, and the defaults of `Settings`. A rule that matches nothing is an error.
"""

import tomllib
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from earnest.errors import RecipeError
from earnest.integer.law.weight import SMALLEST_GROUP
from earnest.integer.program.target import Target
from earnest.nn.site import Role
from earnest.swapping.budget import FORM, parse_budget

RangeMethod = Literal["extremes", "percentile", "squared-error", "fourth-power", "kl", "by-output"]


def _group(size: int) -> int:
    if 0 < size < SMALLEST_GROUP:
        raise ValueError(f"expected groups of {SMALLEST_GROUP} weights or more, or 0 for whole rows")
    return size


Group = Annotated[int, Field(ge=0), AfterValidator(_group)]
"""How many weights of a row share a multiplier; 0 stands for all of them."""


class Rule(BaseModel):
    """Settings for the operators whose path, kind and role all match."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    path: str = "*"
    operator: list[str] = Field(default_factory=lambda: ["*"])
    role: list[Role] | None = None
    weight_bits: int | None = Field(default=None, ge=1, le=8)
    weight_map: Literal["symmetric", "odd", "either"] | None = None
    weight_range: Literal["extremes", "squared-error"] | None = None
    weight_group: Group | None = None
    bits: int | None = Field(default=None, ge=2, le=24)
    range: RangeMethod | None = None
    margin: float | None = Field(default=None, ge=0.1, le=16.0)

    def matches(self, path: str, kind: str, role: str) -> bool:
        """Shell patterns on path and kind; roles by name."""
        return (
            fnmatchcase(path, self.path)
            and any(fnmatchcase(kind, pattern) for pattern in self.operator)
            and (self.role is None or role in self.role)
        )

    def describe(self) -> str:
        """The rule as its author wrote it."""
        return ", ".join(f"{key} = {value!r}" for key, value in self.model_dump(exclude_unset=True).items())


class Settings(BaseModel):
    """What one operator gets. `asked` is True where a rule names the bits, and False where they are the target's;
    `rule` is the index of the first rule that matched, counted from 1, or 0. A `weight_group` of 0 is a whole row.
    """

    model_config = ConfigDict(frozen=True)

    weight_bits: int
    weight_map: str
    weight_range: str
    weight_group: int
    bits: int
    asked: bool
    range: str
    margin: float
    rule: int

    @property
    def weights(self) -> dict[str, int | str]:
        """What is said of weights, by the names that twins have for it."""
        return self.model_dump(include={"weight_bits", "weight_map", "weight_range", "weight_group"})


class Recipe(BaseModel):
    """Ordered rules under a name. Where there is a `budget`, `pipeline` finds the width of each weight under it,
    whatever the rules say.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    description: str
    methods: list[str] = Field(default_factory=list)
    budget: str | None = Field(default=None, pattern=FORM)
    ranges: dict[Role, RangeMethod] = Field(default_factory=dict)
    rule: list[Rule]

    def range_of(self, role: Role) -> RangeMethod:
        """How the range of a role is chosen unless a rule says otherwise; `extremes` where nothing is said."""
        return self.ranges.get(role, "extremes")

    def under(self, budget: str) -> "Recipe":
        """The recipe under another budget, and under a name that says so; RecipeError where it is none."""
        parse_budget(budget)
        if budget == self.budget:
            return self
        return self.model_copy(update={"budget": budget, "name": f"{self.name}@{budget}"})

    def settings(self, path: str, kind: str, role: Role, target: Target) -> Settings:
        """The settings of one operator on a target."""
        matching = [(index, rule) for index, rule in enumerate(self.rule, start=1) if rule.matches(path, kind, role)]
        chosen: dict[str, object] = {
            "weight_bits": target.widths["weight"],
            "weight_map": "symmetric",
            "weight_range": "squared-error",
            "weight_group": 0,
            "bits": target.widths[role],
            "range": self.range_of(role),
            "margin": 1.0,
        }
        for key in chosen:
            found = [getattr(rule, key) for _, rule in matching if getattr(rule, key) is not None]
            if found:
                chosen[key] = found[0]
        asked = any(rule.bits is not None for _, rule in matching)
        return Settings.model_validate({**chosen, "asked": asked, "rule": matching[0][0] if matching else 0})

    def check_used(self, operators: list[tuple[str, str, str]]) -> None:
        """Every rule matches at least one (path, kind, role)."""
        for index, rule in enumerate(self.rule, start=1):
            if not any(rule.matches(*operator) for operator in operators):
                raise RecipeError(
                    f"recipe {self.name}: rule {index} ({rule.describe()}) matches no operator of this model; "
                    "correct its path, operator or role, or remove it"
                )


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the package."""
    folder = resources.files("earnest").joinpath("recipes")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(name: str) -> Recipe:
    """A recipe by its shipped name, or by the path of a TOML file."""
    shipped = resources.files("earnest").joinpath("recipes", f"{name}.toml")
    file = Path(name)
    try:
        if "/" not in name and shipped.is_file():
            text = shipped.read_text(encoding="utf-8")
        elif file.suffix == ".toml" and file.is_file():
            text = file.read_text(encoding="utf-8")
        else:
            raise RecipeError(f"expected a recipe of {shipped_recipes()} or a TOML file, got {name!r}")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{name}: expected a recipe, TOML in UTF-8: {error}") from error
    try:
        return Recipe.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeError(
            f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}, got {first['input']!r}"
        ) from error
