"""Work spread over a Ray cluster that is there already: cells of an experiment or a search, and
utterances of an evaluation.

Every node has this earnest and finds models and data at the same paths. A task whose worker or node dies is run again
on another one, RETRIES times; its result comes once. Tasks take one core and one thread, as jobs do.
"""

import contextlib
import logging
import math
import socket
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from earnest.errors import DataError, EarnestError, ExperimentError
from earnest.evaluation.outcome import Outcome, Systems
from earnest.evaluation.workers import Progress, run
from earnest.lab.executor import Result
from earnest.lab.matrix import Cell, Corpus
from earnest.lab.running import Workplace, row_of
from earnest.lab.work_folder import WorkFolder
from earnest.speech.librispeech import Utterance

RETRIES, WAIT_SECONDS, REACH_SECONDS, SHARDS_PER_CORE = 3, 2.0, 10.0, 4


@contextlib.contextmanager
def connected(address: str) -> Iterator[None]:
    """A connection to the cluster at `host:port`, or `auto`. ExperimentError where there is none, or no Ray."""
    try:
        import ray
    except ImportError as error:
        raise ExperimentError("--ray: expected Ray, which is not installed: install the extra `cluster`") from error
    _check_address(address)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Ray's own future
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ExperimentError(f"--ray: expected a running cluster at {address}: {told}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Ray itself would try for minutes to reach a port at which nobody listens."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ExperimentError(f"--ray: expected HOST:PORT of a cluster, or auto, got {address!r}")
    try:
        with socket.create_connection((host, int(port)), timeout=REACH_SECONDS):
            pass
    except (OSError, OverflowError) as error:
        raise ExperimentError(f"--ray: expected a running cluster at {address}: {error}") from error


def cores() -> int:
    """Cores of the cluster as it is now, at least one."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


@dataclass(slots=True, kw_only=True)
class Cluster:
    """Runs cells as tasks of the cluster."""

    place: Workplace
    tasks: dict[Any, Cell] = field(default_factory=dict)

    @property
    def capacity(self) -> int:
        """One cell for each core."""
        return cores()

    def submit(self, cell: Cell) -> None:
        """Begin a cell somewhere."""
        place = replace(self.place, jobs=1, folder=WorkFolder(root=self.place.folder.root.absolute()))
        self.tasks[_task(_row_or_error).remote(_portable(cell), place)] = cell

    def done(self) -> list[tuple[Cell, Result]]:
        """Those that are done within two seconds."""
        import ray

        ready, _ = ray.wait(list(self.tasks), num_returns=1, timeout=WAIT_SECONDS)
        return [(cell, _result(task, cell.title)) for task in ready for cell in [self.tasks.pop(task)]]


def run_shards(
    systems: Systems, utterances: Sequence[Utterance], jobs: int, progress: Progress | None
) -> list[Outcome]:
    """The outcomes in the order of the utterances, as `workers.run` gives them, by so many cores of the connected
    cluster.
    """
    import ray

    if not utterances:
        raise DataError("expected at least one utterance to evaluate, got none")
    size = math.ceil(len(utterances) / (SHARDS_PER_CORE * jobs))
    shards = [utterances[start : start + size] for start in range(0, len(utterances), size)]
    everywhere = replace(
        systems,
        program=None if systems.program is None else systems.program.absolute(),
        model=None if systems.model is None else systems.model.absolute(),
    )
    task = _task(_outcomes_or_error)
    tasks = [task.remote(everywhere, [_absolute(each) for each in shard]) for shard in shards]
    found: dict[Any, list[Outcome]] = {}
    while len(found) < len(tasks):
        waiting = [each for each in tasks if each not in found]
        for ready in ray.wait(waiting, num_returns=1)[0]:
            result = _result(ready, "a part of the evaluation")
            if isinstance(result, EarnestError):
                raise result
            found[ready] = result
        if progress is not None:
            progress("evaluating", sum(map(len, found.values())), len(utterances))
    return [outcome for each in tasks for outcome in found[each]]


def _task(function: Any) -> Any:
    import ray

    return ray.remote(num_cpus=1, max_retries=RETRIES)(function)


def _result(task: Any, what: str) -> Any:
    """What a task gave back; EarnestError where it was lost more often than it may be."""
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        return ray.get(task)
    except RayTaskError:
        raise
    except RayError as error:
        return EarnestError(f"{what}: lost with its worker {RETRIES + 1} times: {str(error).splitlines()[0]}")


def _row_or_error(cell: Cell, place: Workplace) -> Result:
    try:
        return row_of(cell, place)
    except EarnestError as error:
        return error


def _outcomes_or_error(systems: Systems, utterances: Sequence[Utterance]) -> list[Outcome] | EarnestError:
    try:
        return run(systems, utterances, 1, None)
    except EarnestError as error:
        return error


def _portable(cell: Cell) -> Cell:
    """The cell whose paths hold in any working folder."""
    target = str(Path(cell.target).absolute()) if cell.target.endswith(".toml") else cell.target
    return replace(
        cell,
        model=replace(cell.model, path=cell.model.path.absolute()),
        target=target,
        calibration=_portable_corpus(cell.calibration),
        evaluation=_portable_corpus(cell.evaluation),
    )


def _portable_corpus(corpus: Corpus) -> Corpus:
    return replace(corpus, utterances=tuple(map(_absolute, corpus.utterances)))


def _absolute(utterance: Utterance) -> Utterance:
    return replace(utterance, path=utterance.path.absolute())
