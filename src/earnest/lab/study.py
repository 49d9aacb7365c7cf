"""The trials of a search in optuna's storage: opened by name, kept alive by heartbeats, given back when they die.

A trial is ended when it is told its values, or why it has none. One whose process died is ended without either: it does
not count, and another with the same parameters waits in its place, RETRIES times at most.
"""

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from earnest.errors import ExperimentError
from earnest.lab.experiment import Search

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.samplers import BaseSampler
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial

HEARTBEAT_SECONDS, GRACE_SECONDS, RETRIES = 15, 90, 3
IDENTITY, REASON, CELL = "earnest.search", "reason", "cell"
"""Attributes: of a study, what is searched; of a trial, why it failed, and the key of its cell."""


def open_study(search: Search, file: Path, *, name: str, identity: str) -> "Study":
    """The study of that name, made where there is none. ExperimentError where it is of another search.

    In the work folder, which one process holds at a time, every trial that seems to run is dead, and tried again.
    """
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # else an interrupt in a transaction is told twice
    url = search.storage or f"sqlite:///{file.resolve()}"
    try:
        with _quiet():
            storage = _storage(url)
            study = optuna.create_study(
                study_name=name,
                storage=storage,
                directions=["minimize" for _ in search.objectives],
                load_if_exists=True,
            )
            study.sampler = _sampler(search, len(study.get_trials(deepcopy=False)))
    except (SQLAlchemyError, ImportError, ValueError, RuntimeError) as error:
        told = str(error).splitlines()[0]
        raise ExperimentError(f"search.storage: expected a database that can be opened: {told}") from error
    known = study.user_attrs.get(IDENTITY)
    if known is None:
        study.set_user_attr(IDENTITY, identity)
    elif known != identity:
        raise ExperimentError(
            f"search {name}: the storage holds the trials of a search with another space, model, data or objectives; "
            "give this one another name"
        )
    if search.storage is None:
        for trial in running(study):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            _again(study, trial)
    return study


def _storage(url: str) -> "RDBStorage":
    from optuna.storages import RDBStorage

    return RDBStorage(
        url,
        heartbeat_interval=HEARTBEAT_SECONDS,
        grace_period=GRACE_SECONDS,
        heartbeat_stale_trial_callback=_again,
    )


def _again(study: "Study", trial: "FrozenTrial") -> None:
    from optuna.storages import RetryHeartbeatStaleTrialCallback

    with _quiet():
        RetryHeartbeatStaleTrialCallback(max_retry=RETRIES)(study, trial)


def _sampler(search: Search, trials: int) -> "BaseSampler":
    """A sampler whose draws after a restart are not those of the start."""
    from optuna.samplers import NSGAIISampler, TPESampler

    seed = search.seed + trials
    return NSGAIISampler(seed=seed) if search.sampler == "nsga2" else TPESampler(seed=seed)


def running(study: "Study") -> "list[FrozenTrial]":
    """Trials that have begun and not ended."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def ended(study: "Study") -> "list[FrozenTrial]":
    """Trials with values, and those that failed for a reason."""
    from optuna.trial import TrialState

    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.FAIL))
    return [each for each in trials if each.state == TrialState.COMPLETE or REASON in each.user_attrs]


def tell(study: "Study", trial: "Trial", result: Sequence[float] | str) -> None:
    """End a trial with its values, or with the reason why it has none.

    One that another process took for dead meanwhile is ended already, and waits to be tried again: so be it.
    """
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    with contextlib.suppress(UpdateFinishedTrialError):
        if isinstance(result, str):
            trial.set_user_attr(REASON, result)
            study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        else:
            study.tell(trial, result, skip_if_finished=True)


def revive(study: "Study") -> None:
    """Trials of other processes whose heart stopped are tried again."""
    from optuna.storages import fail_stale_trials

    with _quiet():
        fail_stale_trials(study)


def ask(study: "Study", distributions: dict) -> "Trial":
    """The next trial: one that died and waits, or a new one."""
    with _quiet():
        return study.ask(distributions)


class Heart:
    """Beats for every trial that was begun and not stopped; a trial without one beat would never be missed."""

    def __init__(self, study: "Study") -> None:
        self._storage, self._alive, self._stopped = study._storage, set[int](), threading.Event()

    def begin(self, trial: "Trial") -> None:
        """The first beat of a trial."""
        self._alive.add(trial._trial_id)
        self._storage.record_heartbeat(trial._trial_id)  # type: ignore[attr-defined]

    def stop(self, trial: "Trial") -> None:
        """The last one."""
        self._alive.discard(trial._trial_id)

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """While inside, a thread beats for all of them."""
        thread = threading.Thread(target=self._beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def beat(self) -> None:
        """One beat of each."""
        for trial in tuple(self._alive):
            self._storage.record_heartbeat(trial)  # type: ignore[attr-defined]

    def _beat(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(Exception):  # a database that is lost is told by whoever reads it next
                self.beat()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """optuna warns of what is asked for on purpose: heartbeats, which are called experimental, around ask and tell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
