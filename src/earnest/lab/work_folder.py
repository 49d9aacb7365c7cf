"""The work folder of an experiment: what was made on the way and is used again, written whole or not at all.

lock                  held while the experiment runs
programs/KEY.earnest  programs by the key of what they were made from
float/KEY.json        what a float model made of a data set
search.db             the trials of a search
"""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from earnest.errors import ExperimentError
from earnest.evaluation.evaluation import Evaluation, ModelFacts
from earnest.evaluation.outcome import Hypothesis, Outcome
from earnest.file.whole import write_whole
from earnest.runtime.front_ends.catalogue import front_end_of
from earnest.speech.word_errors import WordErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFolder:
    """Where the parts of an experiment lie."""

    root: Path

    def program(self, key: str) -> Path:
        """The file of a program."""
        return self._place("programs", f"{key}.earnest")

    def real(self, key: str) -> Path:
        """The file of what a float model made of a data set."""
        return self._place("float", f"{key}.json")

    def hypotheses(self, cell: str) -> Path:
        """The file of a cell's hypotheses, for people and for `earnest report`."""
        return self._place("hypotheses", f"{cell}.jsonl")

    @property
    def trials(self) -> Path:
        """The file of a search's trials."""
        return self.root / "search.db"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; ExperimentError where another process does. A process that dies lets go of it."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / "lock").open("ab")
        except OSError as error:
            raise ExperimentError(f"{self.root}: cannot be used as a work folder: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ExperimentError(
                    f"{self.root}: another process works there; wait until it is done, or give another --work"
                ) from error
            yield

    def _place(self, folder: str, name: str) -> Path:
        place = self.root / folder
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExperimentError(f"{place}: cannot be made: {error.strerror}") from error
        return place / name


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Keep the evaluation of a float model alone."""
    model = evaluation.model
    assert model is not None
    content = {
        "model": asdict(model) | {"front_end": model.front_end.to_dict()},
        "outcomes": [asdict(outcome) for outcome in evaluation.outcomes],
        "jobs": evaluation.jobs,
        "elapsed": evaluation.elapsed,
    }
    write_text(path, json.dumps(content, allow_nan=False))


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise ExperimentError(f"{path}: cannot be written: {error.strerror}") from error


def read_evaluation(path: Path) -> Evaluation:
    """What `write_evaluation` kept."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        model = content["model"]
        return Evaluation(
            outcomes=tuple(_outcome(outcome) for outcome in content["outcomes"]),
            program=None,
            model=ModelFacts(**(model | {"front_end": front_end_of(model["front_end"])})),
            jobs=content["jobs"],
            elapsed=content["elapsed"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExperimentError(f"{path}: expected hypotheses of a float model: {error}; remove it") from error


def _outcome(content: dict[str, object]) -> Outcome:
    real = content["real"]
    assert isinstance(real, dict)
    return Outcome(**(content | {"real": Hypothesis(**(real | {"errors": WordErrors(**real["errors"])}))}))  # type: ignore[arg-type]
