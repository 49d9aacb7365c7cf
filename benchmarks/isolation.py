"""Fresh processes: a figure that is taken in one owes nothing to what another system left behind."""

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from earnest.errors import EarnestError
from earnest.evaluation.threads import threads_of_libraries

Given = ParamSpec("Given")
Result = TypeVar("Result")


class LostProcessError(EarnestError):
    """A process that measured something ended before it said what."""


def in_fresh_process(
    threads: int, function: Callable[Given, Result], *arguments: Given.args, **options: Given.kwargs
) -> Result:
    """What a function of a module gives in a new process, whose numerical libraries find `threads` in its environment.

    Its standard output goes to standard error: one object on ours is all that a reader of `--json` expects.
    """
    context = multiprocessing.get_context("spawn")
    with (
        threads_of_libraries(threads),
        ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_output_to_error) as pool,
    ):
        try:
            return pool.submit(function, *arguments, **options).result()
        except BrokenProcessPool as error:
            raise LostProcessError(
                "the process that measured ended without a word: killed for its memory, or crashed"
            ) from error


def _output_to_error() -> None:
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
