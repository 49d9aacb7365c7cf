"""The cells of an experiment: one program on one data set each, known by a key.

key = SHA-256 of the canonical JSON of everything that decides the result: weights and tokens of the float model,
content of recipe and target, methods, seed, calibration data, longest recording, evaluation data and its limit, and the
version of earnest. What is called the same and differs has another key; where files lie is no part of it.

What lies in a work folder is known by the source code that made it, too: a row must not tell a commit that did not make
its program. A row that is in the ledger counts, whichever commit wrote it.
"""

import functools
import hashlib
import importlib.metadata
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from earnest.errors import ExperimentError, RecipeError
from earnest.evaluation.anatomy import file_sha256
from earnest.integer.program.target import Target, load_target
from earnest.lab.experiment import Experiment
from earnest.methods.catalogue import methods_of
from earnest.models.checkpoint import TOKENS, WEIGHTS
from earnest.speech.librispeech import Utterance, data_sha256, read_split, select
from earnest.swapping.recipe import Recipe, load_recipe

ENGINES = ("earnest", "numpy", "torch")
"""Packages that the float model's hypotheses depend on."""

LATER_ROOMS = ("cli", "engine", "evaluation", "export", "judge", "lab", "ledger", "report", "zoo")
"""Those that come when a program is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The utterances of a data folder that were chosen, and their hash."""

    name: str
    utterances: tuple[Utterance, ...]
    sha256: str
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A float model on the disk, and the hashes of its files."""

    path: Path
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One program on one data set. `target` is a name or a file, `product` the key of the program alone, as this very
    source makes it.
    """

    experiment: str
    model: Weights
    target: str
    recipe: Recipe
    seed: int
    longest: int
    calibration: Corpus
    evaluation: Corpus
    product: str
    key: str

    @property
    def title(self) -> str:
        """The cell as a person calls it."""
        return f"{self.model.path.name}, {self.recipe.name}, {self.target}, seed {self.seed}, {self.evaluation.name}"

    @property
    def file_name(self) -> str:
        """The same for a file, whatever the recipe is called."""
        parts = (self.recipe.name, Path(self.target).stem, f"seed{self.seed}", self.evaluation.name, self.key[:8])
        return re.sub(r"[^A-Za-z0-9.+-]+", "_", "-".join(parts))

    @property
    def float_key(self) -> str:
        """The key of what the float model makes of this data."""
        versions = {package: importlib.metadata.version(package) for package in ENGINES}
        return key_of(
            {
                "model": self.model.hashes,
                "data": self.evaluation.sha256,
                "versions": versions,
                "source": source_sha256(),
            }
        )


def key_of(content: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) of a content's canonical JSON."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def source_sha256() -> str:
    """The SHA-256 (hex) of the source of the rooms that make programs, and of what recognizes with them."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] not in LATER_ROOMS:
            digest.update(f"{name.as_posix()} {file_sha256(path)}\n".encode())
    return digest.hexdigest()


def matrix_cells(experiment: Experiment) -> list[Cell]:
    """Every cell, each key once, those of one program one after the other. What cannot be read is refused at once."""
    matrix = experiment.matrix
    models = [weights(Path(path)) for path in matrix.model]
    targets = [(name, load_target(name)) for name in matrix.target]
    recipes = [
        with_choices(load_recipe(name), methods, budget)
        for name in matrix.recipe
        for methods in matrix.method or [None]
        for budget in matrix.budget or [None]
    ]
    calibrations = {seed: calibration_corpus(experiment, seed) for seed in matrix.seed}
    evaluations = evaluation_corpora(experiment)
    found = {}
    for model, (name, target), recipe, seed in itertools.product(models, targets, recipes, matrix.seed):
        for evaluation in evaluations:
            made = cell_of(experiment, model, (name, target), recipe, seed, calibrations[seed], evaluation)
            found.setdefault(made.key, made)
    return list(found.values())


def cell_of(
    experiment: Experiment,
    model: Weights,
    target: tuple[str, Target],
    recipe: Recipe,
    seed: int,
    calibration: Corpus,
    evaluation: Corpus,
) -> Cell:
    """One cell with its keys."""
    content = {
        "earnest": importlib.metadata.version("earnest"),
        "model": model.hashes,
        "target": asdict(target[1]),
        "recipe": recipe_content(recipe),
        "methods": recipe.model_dump(mode="json")["methods"],
        "seed": seed,
        "longest": experiment.longest,
        "calibration": {"ids": [each.id for each in calibration.utterances], "sha256": calibration.sha256},
    }
    measured = {"sha256": evaluation.sha256, "limit": evaluation.limit}
    return Cell(
        experiment=experiment.name,
        model=model,
        target=target[0],
        recipe=recipe,
        seed=seed,
        longest=experiment.longest,
        calibration=calibration,
        evaluation=evaluation,
        product=key_of(content | {"source": source_sha256()}),
        key=key_of(content | {"evaluation": measured}),
    )


def recipe_content(recipe: Recipe) -> dict[str, Any]:
    """What a recipe says, as JSON values; what it leaves to the defaults is not said."""
    return recipe.model_dump(mode="json", exclude_defaults=True, exclude={"description"})


def with_choices(recipe: Recipe, methods: Sequence[Any] | None, budget: str | None) -> Recipe:
    """The recipe with what an experiment's matrix says instead of its own; RecipeError where a budget is none."""
    changed = recipe if methods is None else with_methods(recipe, methods)
    return changed if budget is None else changed.under(budget)


def with_methods(recipe: Recipe, methods: Sequence[Any]) -> Recipe:
    """The recipe with other methods, under a name that says so: `w4a8+gptq`, or `w8a8+plain` without any."""
    changed = changed_recipe(recipe, {"methods": list(methods)})
    if changed.methods == recipe.methods:
        return recipe
    told = "+".join(str(method) if isinstance(method, str) else key_of({"method": method})[:8] for method in methods)
    return changed_recipe(changed, {"name": f"{recipe.name}+{told or 'plain'}"})


def changed_recipe(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with other values of some keys; ExperimentError where it is none any more."""
    try:
        made = Recipe.model_validate(recipe.model_dump() | dict(changes))
        methods_of(made)
    except RecipeError as error:
        raise ExperimentError(str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ExperimentError(f"recipe {recipe.name}: {where}: {first['msg']}, got {first['input']!r}") from error
    return made


def weights(path: Path) -> Weights:
    """A float model and what its files are."""
    file = path / WEIGHTS if path.is_dir() else path
    files = [file, file.with_name(TOKENS)] if file.suffix == ".safetensors" else [file]
    return Weights(path=path, hashes=tuple(file_sha256(each) for each in files))


def calibration_corpus(experiment: Experiment, seed: int) -> Corpus:
    """The data that is calibrated on: the seed chooses it where there is more than the limit."""
    calibration = experiment.calibration
    return _corpus(read_split(calibration.data, transcripts="absent"), calibration.data, calibration.limit, seed)


def evaluation_corpora(experiment: Experiment) -> list[Corpus]:
    """The data sets that are evaluated, the same for every seed."""
    measured = experiment.evaluation
    return [_corpus(read_split(data, transcripts="required"), data, measured.limit, 0) for data in measured.data]


def _corpus(available: Sequence[Utterance], folder: str, limit: int | None, seed: int) -> Corpus:
    chosen = available if limit is None else select(available, limit, seed)
    return Corpus(name=Path(folder).resolve().name, utterances=tuple(chosen), sha256=data_sha256(chosen), limit=limit)
