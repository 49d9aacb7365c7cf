"""A search: trials of a recipe's settings, towards the Pareto front of error rate, bytes and milliseconds.

Each trial is a cell of the experiment like any other, with one row in the ledger; a trial of what has a row already
takes its figures from there.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earnest.errors import EarnestError, ExperimentError
from earnest.integer.program.target import Target, load_target
from earnest.lab import study as trials
from earnest.lab.cells import Watch, rows_by_cell
from earnest.lab.executor import Executor, Result
from earnest.lab.experiment import Experiment, Search
from earnest.lab.matrix import (
    Cell,
    Corpus,
    Weights,
    calibration_corpus,
    cell_of,
    evaluation_corpora,
    key_of,
    weights,
    with_choices,
)
from earnest.lab.space import changed, check_space, chosen_values, distributions
from earnest.ledger.evaluation import EvaluationRow
from earnest.ledger.ledger import append
from earnest.swapping.recipe import Recipe, load_recipe

if TYPE_CHECKING:
    from optuna import Study, Trial

PAUSE_SECONDS = 1.0
FIGURES: dict[str, Callable[[EvaluationRow], float | None]] = {
    "wer": lambda row: row.wer,
    "bytes": lambda row: row.file_bytes,
    "milliseconds": lambda row: row.milliseconds,
}
"""What each objective is of a row; the smaller the better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a search starts from: the one combination of the matrix, whose recipe the trials change."""

    experiment: Experiment
    search: Search
    model: Weights
    target: tuple[str, Target]
    recipe: Recipe
    seed: int
    calibration: Corpus
    evaluation: Corpus

    def cell(self, recipe: Recipe) -> Cell:
        """The cell of a changed recipe."""
        settings = (self.model, self.target, recipe, self.seed, self.calibration, self.evaluation)
        return cell_of(self.experiment, *settings)

    @property
    def identity(self) -> str:
        """What a search is known by: everything but the number of its trials and how they are drawn."""
        kept = self.search.model_dump(mode="json", include={"objectives", "space"})
        return key_of(kept | {"base": self.cell(self.recipe).key})


def base_of(experiment: Experiment) -> Base:
    """ExperimentError: no `[search]`, more than one combination in the matrix, a space that the recipe has not."""
    search, matrix = experiment.search, experiment.matrix
    if search is None:
        raise ExperimentError(f"{experiment.name}: expected a table [search] with trials, objectives and a space")
    lists = {"model": matrix.model, "target": matrix.target, "recipe": matrix.recipe, "seed": matrix.seed}
    lists |= {"method": matrix.method or [[]], "budget": matrix.budget or [""]}
    lists |= {"evaluation.data": experiment.evaluation.data}
    for key, values in lists.items():
        if len(values) != 1:
            raise ExperimentError(f"{key}: expected one value to search from, got {len(values)}")
    if len(set(search.objectives)) != len(search.objectives):
        raise ExperimentError(f"search.objectives: expected each once, got {search.objectives}")
    recipe = with_choices(load_recipe(matrix.recipe[0]), (matrix.method or [None])[0], (matrix.budget or [None])[0])
    check_space(recipe, search.space)
    (evaluation,) = evaluation_corpora(experiment)
    return Base(
        experiment=experiment,
        search=search,
        model=weights(Path(matrix.model[0])),
        target=(matrix.target[0], load_target(matrix.target[0])),
        recipe=recipe,
        seed=matrix.seed[0],
        calibration=calibration_corpus(experiment, matrix.seed[0]),
        evaluation=evaluation,
    )


def run_search(base: Base, ledger: Path, storage: Path, executor: Executor, watch: Watch) -> list[dict[str, Any]]:
    """Run trials until as many have ended as were asked for; the Pareto front of all of them."""
    study = trials.open_study(base.search, storage, name=base.experiment.name, identity=base.identity)
    heart = trials.Heart(study)
    with heart.beating():
        _Driver(base, study, ledger, executor, watch, heart).drive()
    return front(study, base.search)


def front(study: "Study", search: Search) -> list[dict[str, Any]]:
    """The trials that no other one is better than in everything, each cell once, the first objective first."""
    found = {}
    for trial in sorted(study.best_trials, key=lambda each: (each.values, each.number)):
        figures = dict(zip(search.objectives, trial.values, strict=True))
        cell = trial.user_attrs[trials.CELL]
        settings = chosen_values(search.space, trial.params)
        found.setdefault(cell, {"trial": trial.number, "cell": cell, "settings": settings} | figures)
    return list(found.values())


class _Driver:
    """Asks the study for trials, has their cells run, and tells it the results."""

    def __init__(
        self, base: Base, study: "Study", ledger: Path, executor: Executor, watch: Watch, heart: trials.Heart
    ) -> None:
        self._base, self._study, self._ledger = base, study, ledger
        self._executor, self._watch, self._heart = executor, watch, heart
        self._rows = rows_by_cell(ledger)
        self._flying: dict[str, list[Trial]] = {}
        self._distributions = distributions(base.search.space)

    def drive(self) -> None:
        """Until as many trials have ended as were asked for, whoever ran them."""
        wanted = self._base.search.trials
        while True:
            self._heart.beat()
            trials.revive(self._study)
            done = len(trials.ended(self._study))
            if self._watch.progress is not None:
                self._watch.progress("trials", min(done, wanted), wanted)
            if done >= wanted and not self._flying:
                return
            begun = done + len(trials.running(self._study))
            if begun < wanted and len(self._flying) < self._executor.capacity:
                self._begin()
            elif not self._flying:
                time.sleep(PAUSE_SECONDS)  # other processes run what is missing, or died with it
            else:
                for cell, result in self._executor.done():
                    self._end(cell, result)

    def _begin(self) -> None:
        trial = trials.ask(self._study, self._distributions)
        self._heart.begin(trial)
        try:
            values = chosen_values(self._base.search.space, trial.params)
            cell = self._base.cell(changed(self._base.recipe, self._base.search.space, values))
        except ExperimentError as error:
            self._tell(trial, error)
            return
        trial.set_user_attr(trials.CELL, cell.key)
        if cell.key in self._rows:
            self._tell(trial, self._rows[cell.key])
        elif cell.key in self._flying:
            self._flying[cell.key].append(trial)
        else:
            self._flying[cell.key] = [trial]
            self._executor.submit(cell)

    def _end(self, cell: Cell, result: Result) -> None:
        flown = self._flying.pop(cell.key)
        if isinstance(result, EarnestError):
            self._watch.failed(cell, result)
        else:
            result = self._kept(cell, result, flown[0])
        for trial in flown:
            self._tell(trial, result)

    def _kept(self, cell: Cell, row: EvaluationRow, trial: "Trial") -> EvaluationRow:
        """The row as the ledger has it: this one, or that of another process that was faster."""
        settings = chosen_values(self._base.search.space, trial.params)
        row = row.extended({"search": self._base.experiment.name, "trial": trial.number, "settings": settings})
        if append(self._ledger, row, unless="cell"):
            self._rows[cell.key] = row
            self._watch.finished(cell, row)
        else:
            self._rows = rows_by_cell(self._ledger)
        return self._rows[cell.key]

    def _tell(self, trial: "Trial", result: Result) -> None:
        if isinstance(result, EarnestError):
            trials.tell(self._study, trial, str(result))
        else:
            figures = [_figure(result, each) for each in self._base.search.objectives]
            trials.tell(self._study, trial, figures)
        self._heart.stop(trial)


def _figure(row: EvaluationRow, objective: str) -> float:
    value = FIGURES[objective](row)
    if value is None:
        raise ExperimentError(f"search.objectives: cell {row.cell}: expected a row with {objective}, got one without")
    return float(value)
