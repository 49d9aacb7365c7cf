"""Recordings side by side, each on one thread, so that no result depends on how many threads there are.

How torch splits a sum among threads shows in the last bits; and on a busy machine threads that wait for each other are
slower than none.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import torch

from earnest.runtime.cores import CORES

AHEAD = 2 * CORES

Item = TypeVar("Item")
Result = TypeVar("Result")

Progress = Callable[[int, int], None]
"""Called with how many parts of a work are done, and how many there are."""


def counted(progress: Progress | None, total: int, *, before: int = 0) -> Callable[[int], None] | None:
    """Who is told how many parts of a stage are done, `before` which others were: out of `total` in all."""
    return None if progress is None else lambda done: progress(before + done, total)


def each(
    compute: Callable[[Item], Result], items: Sequence[Item], done: Callable[[int], None] | None = None
) -> Iterator[Result]:
    """`compute` of every item, in their order; no gradient is recorded. `done` is told how many there are so far. Who
    takes results slowly is not buried in them: at most `AHEAD` are computed that were not asked for.
    """
    alone, rest = torch.no_grad()(compute), iter(items)
    with ThreadPoolExecutor(CORES, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        begun = deque(pool.submit(alone, item) for item in islice(rest, AHEAD))
        for count in range(1, len(items) + 1):
            result = begun.popleft().result()
            begun.extend(pool.submit(alone, item) for item in islice(rest, 1))
            yield result
            if done is not None:
                done(count)


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """What is computed inside, beside `each`, is computed on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
