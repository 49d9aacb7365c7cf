"""Recordings side by side, each on one thread, so that no result depends on how many threads there are.

How torch splits a sum among threads shows in the last bits; and on a busy machine threads that wait for each other are
slower than none.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

from earnest.runtime.cores import CORES

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    compute: Callable[[Item], Result], items: Sequence[Item], done: Callable[[int], None] | None = None
) -> Iterator[Result]:
    """`compute` of every item, in their order; no gradient is recorded. `done` is told how many there are so far."""
    with ThreadPoolExecutor(CORES, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for count, result in enumerate(pool.map(torch.no_grad()(compute), items), start=1):
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
