"""Utterances spread over worker processes of one thread each, so that no figure depends on their number."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process

from earnest.errors import DataError, EarnestError
from earnest.evaluation.outcome import Outcome, Systems, open_systems, outcome_of
from earnest.evaluation.threads import one_thread
from earnest.speech.librispeech import Utterance

Progress = Callable[[str, int, int], None]
"""Called with the stage, the parts of it that are done, and how many there are."""


Runner = Callable[[Systems, Sequence[Utterance], int, Progress | None], list[Outcome]]
"""What spreads utterances over so many jobs, as `run` does it over processes."""


def run(systems: Systems, utterances: Sequence[Utterance], jobs: int, progress: Progress | None) -> list[Outcome]:
    """The outcomes in the order of the utterances; one job is this very process. Interrupted, it ends its workers."""
    if not utterances:
        raise DataError("expected at least one utterance to evaluate, got none")
    if jobs < 1:
        raise DataError(f"expected at least 1 job, got {jobs}")
    report = progress if progress is not None else _silent
    if jobs == 1:
        return _here(systems, utterances, report)
    return _in_workers(systems, utterances, report, jobs=min(jobs, len(utterances)))


def _here(systems: Systems, utterances: Sequence[Utterance], progress: Progress) -> list[Outcome]:
    outcomes = []
    with _opened_once(), _torch_on_one_thread(systems):
        for utterance in utterances:
            outcomes.append(outcome_of(systems, utterance))
            progress("evaluating", len(outcomes), len(utterances))
    return outcomes


def _in_workers(systems: Systems, utterances: Sequence[Utterance], progress: Progress, *, jobs: int) -> list[Outcome]:
    with one_thread():
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_start_worker)
        try:
            with deaf_children():
                futures: list[Future[Outcome]] = [pool.submit(outcome_of, systems, one) for one in utterances]
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                progress("evaluating", done, len(futures))
        except BrokenProcessPool as error:
            raise EarnestError(
                f"a worker process of the evaluation died, of {jobs}: out of memory? Ask for fewer --jobs"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return [future.result() for future in futures]


@contextlib.contextmanager
def _opened_once() -> Iterator[None]:
    """Files may change between two evaluations of one process."""
    open_systems.cache_clear()
    try:
        yield
    finally:
        open_systems.cache_clear()


@contextlib.contextmanager
def _torch_on_one_thread(systems: Systems) -> Iterator[None]:
    if systems.model is None:
        yield
        return
    from earnest.nn.parallel import one_torch_thread

    with one_torch_thread():
        yield


def _start_worker() -> None:
    """A worker leaves Ctrl-C to its parent, which lets it finish its utterance and go; it does not outlive a parent
    that was killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started inside do not hear Ctrl-C from their first moment; this one hears it at the end, not never."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""
